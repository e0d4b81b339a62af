//! The quarterly report: an analysis becomes a typed document, the document becomes pages in each language.
//!
//! The document knows no language: it holds figures with ids, and messages whose words stand in `reports/text/`.

mod build;
pub mod document;
mod draw;
mod html;
pub mod lint;
pub mod number;
mod picture;
pub mod poll;
mod render;
mod stored;
mod words;

pub use document::Document;
pub use render::{RenderError, Rendered, picture, render};
pub use stored::{KeepError, figures, forecasts, keep};
pub use words::{Language, LanguageError, Said, Words};
