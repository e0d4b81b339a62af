//! The one organisation that an installation serves.

use super::db::{on, sql, statements};
use super::{StoreError, Tx};

/// The organisation's own settings, on which every period and every sum depends.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, serde::Serialize, serde::Deserialize)]
pub struct Organisation {
    /// The name that reports carry.
    pub name: String,
    /// IANA time zone in which days, months and quarters begin.
    pub timezone: String,
    /// ISO 4217 code of the ledger.
    pub ledger_currency: String,
    /// Month in which the fiscal year starts, 1 to 12.
    pub fiscal_year_start: i64,
    /// BCP 47 language that texts fall back to.
    pub default_language: String,
}

statements! {
    /// The currency, the time zone and the fiscal year never change: sums already stored depend on them.
    PUT_ORGANISATION = ["INSERT INTO organisation
                            (one_row, name, timezone, ledger_currency, fiscal_year_start, default_language)
                         VALUES (1, $1, $2, $3, $4, $5)
                         ON CONFLICT (one_row) DO UPDATE
                            SET name = excluded.name, default_language = excluded.default_language
                          WHERE organisation.timezone = excluded.timezone
                            AND organisation.ledger_currency = excluded.ledger_currency
                            AND organisation.fiscal_year_start = excluded.fiscal_year_start"];

    ORGANISATION = ["SELECT name, timezone, ledger_currency, fiscal_year_start, default_language
                       FROM organisation"];
}

/// Writes the organisation's row, or renames it.
///
/// # Errors
///
/// [`StoreError::Conflict`] if the currency, the time zone or the start of the fiscal year differ from what
/// is stored.
pub async fn put(tx: &mut Tx, organisation: &Organisation) -> Result<(), StoreError> {
    let written = on!(&mut *tx, PUT_ORGANISATION, |c, q| sqlx::query(q)
        .bind(&organisation.name)
        .bind(&organisation.timezone)
        .bind(&organisation.ledger_currency)
        .bind(organisation.fiscal_year_start)
        .bind(&organisation.default_language)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if written == 1 {
        return Ok(());
    }
    let stored = find(tx).await?;
    Err(StoreError::Conflict {
        table: "organisation",
        detail: format!(
            "stored: {} {} fiscal year from month {}; given: {} {} from month {}. Sums already stored depend on \
             these; use a new database",
            stored.ledger_currency,
            stored.timezone,
            stored.fiscal_year_start,
            organisation.ledger_currency,
            organisation.timezone,
            organisation.fiscal_year_start
        ),
    })
}

/// Reads the organisation's row.
pub async fn find(tx: &mut Tx) -> Result<Organisation, StoreError> {
    on!(tx, ORGANISATION, |c, q| sqlx::query_as(q).fetch_optional(c).await)?.ok_or(StoreError::NotFound {
        table: "organisation",
        key: "the one row".into(),
        remedy: "run `cam migrate` with a cam.toml that has an [organisation] section",
    })
}
