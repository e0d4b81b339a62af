//! The one style sheet of the answering pages, and the policy that lets it in and nothing else.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::theme::{Theme, ThemeFault};

const SHEET: &str = include_str!("../../../surveys/pages/answer.css");

static PLAIN: LazyLock<Look> = LazyLock::new(|| Look::of(SHEET.trim_end().to_owned()));

/// A style sheet and the content security policy of the pages that carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    sheet: String,
    policy: String,
}

impl Look {
    /// Returns the look without a company's colours.
    pub fn plain() -> &'static Self {
        &PLAIN
    }

    /// Returns the look with a company's colours.
    ///
    /// # Errors
    ///
    /// Names the first pair of colours that contrasts less than 4.5 (text) or 3 (controls), and a colour that passes.
    pub fn themed(theme: &Theme) -> Result<Self, ThemeFault> {
        theme.check()?;
        Ok(Self::of(format!("{}\n{}", SHEET.trim_end(), theme.rules())))
    }

    fn of(sheet: String) -> Self {
        let hash = STANDARD.encode(Sha256::digest(&sheet));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        Self { sheet, policy }
    }

    /// Returns the style sheet as it stands in the pages.
    pub(super) fn sheet(&self) -> &str {
        &self.sheet
    }

    /// Returns the value of the header `Content-Security-Policy`.
    pub fn content_security_policy(&self) -> &str {
        &self.policy
    }
}
