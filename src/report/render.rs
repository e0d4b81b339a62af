//! A document in a language: HTML and JSON, checked against the words that the report never says.

use super::document::{Chart, Document};
use super::draw::{self, Pen};
use super::html;
use super::lint::{self, Forbidden};
use super::words::{Language, Words};
use crate::chart::{Form, Look, Palette, PngError, png};

/// A report in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One HTML file that asks for nothing else.
    pub html: String,
    /// The document as JSON; the same in every language.
    pub json: String,
    /// Labels that found no place in a chart and signs that the chart fonts lack.
    pub remarks: Vec<String>,
}

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A text says more than the data can carry.
    #[error("the report would say {:?} in {:?}: reword the text or the imported name", .0.word, .0.sentence)]
    Forbidden(Forbidden),
    /// A template failed.
    #[error("the report cannot be written: {0}")]
    Template(#[from] askama::Error),
    /// The document cannot be written as JSON.
    #[error("the document cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The picture cannot be written.
    #[error(transparent)]
    Png(#[from] PngError),
}

/// Renders a document in a language.
pub fn render(document: &Document, language: Language) -> Result<Rendered, RenderError> {
    let page = html::render(document, language)?;
    if let Some(found) = lint::forbidden(&page.text, language).into_iter().next() {
        return Err(RenderError::Forbidden(found));
    }
    Ok(Rendered { html: page.html, json: serde_json::to_string_pretty(document)?, remarks: page.remarks })
}

/// Renders the picture of page 5 as a PNG file, `None` where no investment is known.
pub fn picture(
    document: &Document,
    language: Language,
    palette: Palette,
) -> Result<Option<Vec<u8>>, RenderError> {
    let words = Words::new(language, &document.figures);
    let pen = Pen { words: &words, document };
    let look = Look { palette, form: Form::Page, prefix: "p5".into() };
    for page in &document.pages {
        if let Some(Chart::Investments { ground, plateau, investments }) = &page.chart {
            let both = (investments.as_slice(), page.rows.as_slice());
            let drawing = draw::picture(pen, ground, plateau.as_ref(), both, &look);
            return Ok(Some(png(&drawing)?));
        }
    }
    Ok(None)
}
