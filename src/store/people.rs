//! Units, accounts, contacts, employees, their memberships and their attributes.

use super::db::{on, sql, statements};
use super::record::{Record, from_json, json, record, rust_type};
use super::{StoreError, Tx};
use crate::clock::Instant;
use uuid::Uuid;

record! {
    /// A shop, a department or a channel.
    Unit = "unit" (id: uuid) { parent_id: opt_uuid, kind: text, name: text }
}

record! {
    /// A customer that pays.
    Account = "account" (id: uuid) {
        name: opt_text, segment: opt_text, state: text, representative: opt_text, bucket: integer,
        first_seen: opt_instant, erased_at: opt_instant,
    }
}

record! {
    /// Which unit serves an account, and since when.
    AccountUnit = "account_unit" (account_id: uuid, unit_id: uuid, valid_from: instant) { valid_to: opt_instant }
}

record! {
    /// A person at an account.
    Contact = "contact" (id: uuid) {
        account_id: uuid, role: opt_text, name: opt_text, email: opt_text, language: opt_text,
        timezone: opt_text, erased_at: opt_instant,
    }
}

record! {
    /// A member of staff.
    Employee = "employee" (id: uuid) {
        email: opt_text, language: opt_text, timezone: opt_text, active_from: opt_instant,
        active_to: opt_instant, erased_at: opt_instant,
    }
}

record! {
    /// Where an employee works, and since when.
    EmployeeUnit = "employee_unit" (employee_id: uuid, unit_id: uuid, valid_from: instant) { valid_to: opt_instant }
}

record! {
    /// A number or a text that a thing carries.
    Attribute = "attribute" (owner_kind: text, owner_id: uuid, name: text) {
        valid_from: opt_instant, number: opt_real, text: opt_text,
    }
}

statements! {
    UNITS_OF_ACCOUNTS = ["SELECT account_id, unit_id, valid_from, valid_to FROM account_unit
                           WHERE account_id IN (SELECT "
                           {"unhex(r.value, '-') FROM jsonb_each($1)"
                            | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                           " AS r)"];

    UNITS_OF_EMPLOYEES = ["SELECT employee_id, unit_id, valid_from, valid_to FROM employee_unit
                            WHERE employee_id IN (SELECT "
                            {"unhex(r.value, '-') FROM jsonb_each($1)"
                             | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                            " AS r)"];
}

/// A dated membership of a unit.
pub(crate) trait Membership: Record {
    /// Reads all memberships of some owners.
    const OF_OWNERS: super::Sql;
    /// Begins a membership.
    fn begin(owner: Uuid, unit: Uuid, from: Instant) -> Self;
    /// Returns owner and unit.
    fn between(&self) -> (Uuid, Uuid);
    /// Returns when it ended.
    fn to(&self) -> Option<Instant>;
    /// Ends it.
    fn end(&mut self, at: Instant);
}

/// Reads all memberships of some accounts or employees.
pub(crate) async fn memberships<M: Membership>(tx: &mut Tx, owners: &[Uuid]) -> Result<Vec<M>, StoreError> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let list = json(owners)?;
    Ok(on!(tx, M::OF_OWNERS, |c, q| sqlx::query_as(q).bind(&list).fetch_all(c).await)?)
}

macro_rules! membership {
    ($row:ident, $owner:ident, $statement:ident) => {
        impl Membership for $row {
            const OF_OWNERS: super::Sql = $statement;

            fn begin($owner: Uuid, unit_id: Uuid, valid_from: Instant) -> Self {
                Self { $owner, unit_id, valid_from, valid_to: None }
            }

            fn between(&self) -> (Uuid, Uuid) {
                (self.$owner, self.unit_id)
            }

            fn to(&self) -> Option<Instant> {
                self.valid_to
            }

            fn end(&mut self, at: Instant) {
                self.valid_to = Some(at);
            }
        }
    };
}

membership!(AccountUnit, account_id, UNITS_OF_ACCOUNTS);
membership!(EmployeeUnit, employee_id, UNITS_OF_EMPLOYEES);
