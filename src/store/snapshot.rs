//! What an analysis reads: accounts, flows, waves, responses and investments, in one consistent order.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::{StoreError, Tx};
use crate::clock::Instant;
use crate::finance::Flow;

/// An account as an analysis sees it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    /// Its id.
    pub id: Uuid,
    /// Its segment, where known.
    pub segment: Option<String>,
    /// `prospect`, `active` or `lapsed`.
    pub state: String,
    /// When it was first seen.
    pub first_seen: Option<Instant>,
}

/// A wave with the document of its survey version.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WaveRow {
    /// Its id.
    pub id: Uuid,
    /// Its name; `None` where answers came without naming their wave and were put together by quarter.
    pub name: Option<String>,
    /// When it opened.
    pub opened_at: Instant,
    /// The survey's key.
    pub survey_key: String,
    /// The survey version's text.
    pub document: String,
}

/// A response without its answers.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ResponseRow {
    /// Its id.
    pub id: Uuid,
    /// Its wave.
    pub wave_id: Uuid,
    /// Its account: its own, its contact's, or that of the entry that it is about.
    pub account_id: Option<Uuid>,
    /// The contact's role.
    pub role: Option<String>,
    /// The unit as of the answer.
    pub unit_id: Option<Uuid>,
    /// The ledger entry that it is about.
    pub about_entry_id: Option<Uuid>,
    /// When it was answered.
    pub answered_at: Instant,
    /// Base weight.
    pub weight: f64,
    /// The invitation that it was answered by; `None` where it came from elsewhere.
    pub invitation_id: Option<Uuid>,
}

/// A number of a response or of a ledger entry.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct NumberRow {
    /// The response or the entry.
    pub owner: Uuid,
    /// Item key or attribute name.
    pub name: String,
    /// The number.
    pub number: f64,
}

/// An answer that is no number, of a response by invitation.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ChoiceRow {
    /// The response.
    pub owner: Uuid,
    /// Item key.
    pub name: String,
    /// The option, or a JSON list of them; `None` where a text was written, which stays where it is.
    pub choice: Option<String>,
}

/// An official total.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TotalRow {
    /// First instant of the period.
    pub period_start: Instant,
    /// End of the period, exclusive.
    pub period_end: Instant,
    /// Official revenue in minor units.
    pub revenue: i64,
}

/// An investment.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct InvestmentRow {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `customer` or `employee`.
    pub target_kind: String,
    /// The construct that it moves.
    pub construct_key: String,
    /// One-off cost, minor units.
    pub one_off_cost: i64,
    /// Cost a year today, minor units.
    pub yearly_cost: i64,
    /// Years over which the one-off cost is spread.
    pub life_years: Option<f64>,
    /// Months until it takes effect.
    pub months_until_effect: f64,
    /// Share of the effect that is lost each year.
    pub yearly_fade: f64,
    /// Share of customers reached.
    pub reach_share: f64,
    /// `spent` or `planned`.
    pub status: String,
    /// Whether spending less gives money back.
    pub reversible: bool,
    /// ISO 4217 code.
    pub currency: String,
}

/// A point of a cost curve.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CostPointRow {
    /// The investment.
    pub investment_id: Uuid,
    /// Level of the construct, 0-100.
    pub level: f64,
    /// Cost a year at that level, minor units.
    pub yearly_cost: i64,
    /// `record` or `judgement`.
    pub source: String,
}

statements! {
    ACCOUNTS = ["SELECT id, segment, state, first_seen FROM account ORDER BY id"];

    FLOWS = ["SELECT account_id, at AS from_at, at AS to_at, revenue, cost, CAST(NULL AS " {"INTEGER" | "BOOLEAN"} ") AS active
                FROM ledger_entry
               UNION ALL
              SELECT account_id, period_start, period_end, revenue, cost, active
                FROM account_period
               ORDER BY 1, 2, 3"];

    WAVES = ["SELECT wave.id, wave.name, wave.opened_at, survey.key AS survey_key, survey_version.document
                FROM wave
                JOIN survey_version ON survey_version.id = wave.survey_version_id
                JOIN survey ON survey.id = survey_version.survey_id
               WHERE survey.key = $1 AND wave.mode <> 'anonymous' AND wave.opened_at < $2
               ORDER BY wave.opened_at, wave.id"];

    /// Employees' answers never leave by this way: a response without customer is left out.
    RESPONSES = ["SELECT response.id, response.wave_id,
                         COALESCE(response.account_id, contact.account_id, ledger_entry.account_id) AS account_id,
                         contact.role, response.unit_id, response.about_entry_id, response.answered_at,
                         response.weight, invitation.id AS invitation_id
                    FROM response
                    JOIN wave ON wave.id = response.wave_id
                    JOIN survey_version ON survey_version.id = wave.survey_version_id
                    JOIN survey ON survey.id = survey_version.survey_id
                    LEFT JOIN contact ON contact.id = response.contact_id
                    LEFT JOIN ledger_entry ON ledger_entry.id = response.about_entry_id
                    LEFT JOIN invitation ON invitation.response_id = response.id
                   WHERE survey.key = $1 AND wave.mode <> 'anonymous' AND response.employee_id IS NULL
                     AND wave.opened_at < $2 AND response.answered_at < $2
                   ORDER BY response.id"];

    ANSWERS = ["SELECT answer.response_id AS owner, answer.item_key AS name, answer.number
                  FROM answer
                  JOIN response ON response.id = answer.response_id
                  JOIN wave ON wave.id = response.wave_id
                  JOIN survey_version ON survey_version.id = wave.survey_version_id
                  JOIN survey ON survey.id = survey_version.survey_id
                 WHERE survey.key = $1 AND wave.mode <> 'anonymous' AND response.employee_id IS NULL
                   AND answer.number IS NOT NULL
                 ORDER BY answer.response_id, answer.item_key"];

    /// What decided, beside numbers, which questions were asked.
    CHOICES = ["SELECT answer.response_id AS owner, answer.item_key AS name, answer.choice
                  FROM answer
                  JOIN response ON response.id = answer.response_id
                  JOIN invitation ON invitation.response_id = response.id
                  JOIN wave ON wave.id = response.wave_id
                  JOIN survey_version ON survey_version.id = wave.survey_version_id
                  JOIN survey ON survey.id = survey_version.survey_id
                 WHERE survey.key = $1 AND wave.mode <> 'anonymous' AND response.employee_id IS NULL
                   AND (answer.choice IS NOT NULL OR answer.text IS NOT NULL)
                 ORDER BY answer.response_id, answer.item_key"];

    ENTRY_ATTRIBUTES = ["SELECT attribute.owner_id AS owner, attribute.name, attribute.number
                           FROM attribute
                          WHERE attribute.owner_kind = 'ledger_entry' AND attribute.number IS NOT NULL
                            AND attribute.owner_id IN (SELECT about_entry_id FROM response)
                          ORDER BY attribute.owner_id, attribute.name"];

    TOTALS = ["SELECT period_start, period_end, revenue FROM ledger_total ORDER BY period_start, period_end"];

    INVESTMENTS = ["SELECT id, name, target_kind, construct_key, one_off_cost, yearly_cost, life_years,
                           months_until_effect, yearly_fade, reach_share, status, reversible, currency
                      FROM investment ORDER BY name, id"];

    COST_POINTS = ["SELECT investment_id, level, yearly_cost, source
                      FROM cost_point ORDER BY investment_id, level"];
}

/// Everything that an analysis reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// All accounts.
    pub accounts: Vec<AccountRow>,
    /// All money, by account and time.
    pub flows: Vec<Flow>,
    /// The survey's waves that opened before the period's end.
    pub waves: Vec<WaveRow>,
    /// Their responses.
    pub responses: Vec<ResponseRow>,
    /// Their numeric answers, by response.
    pub answers: Vec<NumberRow>,
    /// The other answers of responses by invitation, by response.
    pub choices: Vec<ChoiceRow>,
    /// Operational drivers of the entries that responses are about.
    pub attributes: Vec<NumberRow>,
    /// Official totals.
    pub totals: Vec<TotalRow>,
    /// All investments.
    pub investments: Vec<InvestmentRow>,
    /// Their cost points.
    pub cost_points: Vec<CostPointRow>,
}

/// Reads one consistent snapshot of a survey's waves that opened before `until`, with all money.
pub async fn read(tx: &mut Tx, survey: &str, until: Instant) -> Result<Snapshot, StoreError> {
    type FlowRow = (Uuid, Instant, Instant, Option<i64>, Option<i64>, Option<bool>);
    let flows: Vec<FlowRow> = on!(&mut *tx, FLOWS, |c, q| sqlx::query_as(q).fetch_all(c).await)?;
    Ok(Snapshot {
        accounts: on!(&mut *tx, ACCOUNTS, |c, q| sqlx::query_as(q).fetch_all(c).await)?,
        flows: flows
            .into_iter()
            .map(|(account, from, to, revenue, cost, active)| Flow {
                account,
                from,
                to,
                revenue,
                cost,
                active,
            })
            .collect(),
        waves: on!(&mut *tx, WAVES, |c, q| sqlx::query_as(q).bind(survey).bind(until).fetch_all(c).await)?,
        responses: on!(&mut *tx, RESPONSES, |c, q| sqlx::query_as(q)
            .bind(survey)
            .bind(until)
            .fetch_all(c)
            .await)?,
        answers: on!(&mut *tx, ANSWERS, |c, q| sqlx::query_as(q).bind(survey).fetch_all(c).await)?,
        choices: on!(&mut *tx, CHOICES, |c, q| sqlx::query_as(q).bind(survey).fetch_all(c).await)?,
        attributes: on!(&mut *tx, ENTRY_ATTRIBUTES, |c, q| sqlx::query_as(q).fetch_all(c).await)?,
        totals: on!(&mut *tx, TOTALS, |c, q| sqlx::query_as(q).fetch_all(c).await)?,
        investments: on!(&mut *tx, INVESTMENTS, |c, q| sqlx::query_as(q).fetch_all(c).await)?,
        cost_points: on!(tx, COST_POINTS, |c, q| sqlx::query_as(q).fetch_all(c).await)?,
    })
}
