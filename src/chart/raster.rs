//! PNG of a drawing, with the embedded fonts.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::canvas::Drawing;
use super::lettering::{BOLD, FAMILY, REGULAR};

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(REGULAR)));
    fonts.load_font_source(Source::Binary(Arc::new(BOLD)));
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// Pixels per px: sharp on paper and on dense screens.
const DENSITY: f32 = 2.0;

/// Why a drawing could not be made into a PNG.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The drawing is not SVG that can be read.
    #[error("the drawing cannot be read as SVG: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The drawing has no area, or more than memory holds.
    #[error("the drawing has a size that cannot be painted: {width} x {height} px")]
    Size {
        /// Width of the drawing, px.
        width: f32,
        /// Height of the drawing, px.
        height: f32,
    },
    /// The picture could not be packed.
    #[error("the picture cannot be written as PNG: {0}")]
    Encode(String),
}

/// Returns `drawing` as a PNG file at two pixels per px. Draw with a palette of colours, not with
/// [`Palette::Page`](super::Palette::Page): there are no CSS variables outside a page.
pub fn png(drawing: &Drawing) -> Result<Vec<u8>, PngError> {
    let options = Options { fontdb: FONTS.clone(), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(&drawing.svg, &options)?;
    let size = tree.size();
    let (width, height) = (size.width() * DENSITY, size.height() * DENSITY);
    let failed = || PngError::Size { width: size.width(), height: size.height() };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is positive, and casts saturate"
    )]
    let mut pixels = Pixmap::new(width.ceil() as u32, height.ceil() as u32).ok_or_else(failed)?;
    resvg::render(&tree, Transform::from_scale(DENSITY, DENSITY), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Encode(error.to_string()))
}
