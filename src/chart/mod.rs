//! Charts: plain numbers in, SVG out, one look for all of them.
//!
//! plotters maps the numbers and draws curves and areas; patterns, halos, labels and marks are written around its
//! output. Words come in ready-made from the caller, in the reader's language; numbers on axes are written here.
//! Every function is pure and gives the same text for the same input. Fonts: `fonts/` (Noto Sans CJK SC, cut).

mod axis;
mod canvas;
mod frame;
mod index_axis;
pub mod input;
mod labels;
pub mod lettering;
mod outcomes;
mod picture;
mod priorities;
mod raster;
pub mod theme;
mod waves;
pub mod web_font;

pub use canvas::{Drawing, Form, Look, RowPlace, TextBox};
pub use outcomes::outcomes;
pub use picture::{answer, investments, investments_whole};
pub use priorities::priorities;
pub use raster::{PngError, png};
pub use theme::Palette;
pub use waves::waves;
