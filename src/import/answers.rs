//! Answers collected elsewhere: their waves, responses and answers.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::book::Book;
use super::desk::{Context, Desk, own_ids, referred_ids, stored_or, twice};
use super::line::{Fault, Line};
use super::people::named;
use crate::clock::Instant;
use crate::store::batch::{Outcome, Staged};
use crate::store::identity::{Identifier, Owner};
use crate::store::ledger::LedgerEntry;
use crate::store::people::{AccountUnit, Contact, memberships};
use crate::store::record::{Record, find};
use crate::store::response::{Answer, Response, Wave};
use crate::store::{StoreError, Tx};

/// The smallest group in which answers of an imported wave may be shown, where the wave is not named.
const SMALLEST_GROUP: i64 = 5;

/// Takes answers.
pub(super) struct Answers {
    context: Context,
    survey: Uuid,
    /// Keys of the survey's items, by their place.
    items: Vec<String>,
    prefix: String,
    waves: Staged<Wave>,
    responses: Staged<Response>,
    given: Staged<Answer>,
    contacts: HashMap<Uuid, Contact>,
    entries: HashMap<Uuid, LedgerEntry>,
    units: HashMap<Uuid, Vec<AccountUnit>>,
}

/// Whose answers they are.
struct Respondent {
    account: Option<Uuid>,
    contact: Option<Uuid>,
    about: Option<Uuid>,
    unit: Option<Uuid>,
}

impl Desk for Answers {
    fn open(context: Context) -> Self {
        let survey = context.map.survey.as_ref();
        let items = survey.map_or_else(Vec::new, |survey| {
            survey.instrument.items.iter().map(|item| item.key.clone()).collect()
        });
        let prefix = survey.map_or_else(String::new, |survey| survey.instrument.id.clone());
        Self {
            survey: context.survey_version.unwrap_or_default(),
            items,
            prefix,
            waves: Staged::default(),
            responses: Staged::default(),
            given: Staged::default(),
            contacts: HashMap::new(),
            entries: HashMap::new(),
            units: HashMap::new(),
            context,
        }
    }

    fn others(&self, lines: &[&Line]) -> Vec<Identifier> {
        let mut waves: Vec<Identifier> = lines.iter().filter_map(|line| self.wave_identifier(line)).collect();
        waves.sort_unstable();
        waves.dedup();
        waves
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let ids = own_ids(lines, book);
        let keys: Vec<_> = ids.iter().map(Response::key_of).collect();
        self.responses.load(tx, &keys).await?;
        let keys: Vec<_> = ids
            .iter()
            .flat_map(|id| self.context.map.answers.iter().map(move |(place, _)| (id, *place)))
            .map(|(id, place)| Answer::key_of(id, &self.items[place]))
            .collect();
        self.given.load(tx, &keys).await?;
        let waves: Vec<_> = self.others(lines).iter().filter_map(|wave| book.find(wave)).collect();
        let keys: Vec<_> = waves.iter().map(Wave::key_of).collect();
        self.waves.load(tx, &keys).await?;
        self.load_respondents(tx, lines, book).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let batch = self.context.batch;
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let answered_at =
            line.instant("answered_at").ok_or_else(|| line.fault("answered_at", "answered_at is missing"))?;
        let weight = line.number("weight").unwrap_or(1.0);
        if weight <= 0.0 {
            return Err(line.fault("weight", "a weight is above zero"));
        }
        let respondent = self.respondent(line, book, answered_at)?;
        let key = Response::key_of(&id);
        let named_wave = self.wave_identifier(line).ok_or_else(|| line.fault("wave", "wave is missing"))?;
        let wave = self.wave(line, book, &named_wave, answered_at)?;
        let mut row = stored_or(&self.responses, &key, || Response {
            id,
            external_key: line.id("key").map(|key| format!("{}:{}", key.scheme, key.value)),
            wave_id: wave.id,
            account_id: None,
            contact_id: None,
            employee_id: None,
            unit_id: None,
            about_entry_id: None,
            answered_at,
            weight,
            batch_id: None,
        });
        row.wave_id = wave.id;
        row.account_id = respondent.account;
        row.contact_id = respondent.contact;
        row.about_entry_id = respondent.about;
        row.unit_id = respondent.unit.or(row.unit_id);
        row.answered_at = answered_at;
        row.weight = weight;
        let again = self.responses.has_named(&key);
        let outcome = self.responses.put_once(row, batch).ok_or_else(|| twice(line, "key"))?;
        let taken = self.take_answers(line, id, again).ok_or_else(|| twice(line, "key"))?;
        book.name_one(&named_wave, wave.id);
        self.waves.put(wave, batch);
        Ok(outcome.max(taken).max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.contacts.clear();
        self.entries.clear();
        self.units.clear();
        self.waves.save(tx, self.context.batch).await?;
        self.responses.save(tx, self.context.batch).await?;
        self.given.save(tx, self.context.batch).await
    }
}

impl Answers {
    /// Names the row's wave: as its cell says, or by the fiscal quarter of the answer where no column does.
    fn wave_identifier(&self, line: &Line) -> Option<Identifier> {
        let name = match line.text("wave") {
            Some(name) => name.to_owned(),
            None if line.maps("wave") => return None,
            None => self.context.calendar.quarter_of(line.instant("answered_at")?).to_string(),
        };
        Some(Identifier { owner: Owner::Wave, scheme: Arc::from(self.prefix.as_str()), value: name })
    }

    async fn load_respondents(
        &mut self,
        tx: &mut Tx,
        lines: &[&Line],
        book: &Book,
    ) -> Result<(), StoreError> {
        let contacts: Vec<_> = referred_ids(lines, book, "contact").iter().map(Contact::key_of).collect();
        self.contacts = find::<Contact>(tx, &contacts).await?.into_iter().map(|row| (row.id, row)).collect();
        let entries: Vec<_> = referred_ids(lines, book, "about").iter().map(LedgerEntry::key_of).collect();
        self.entries =
            find::<LedgerEntry>(tx, &entries).await?.into_iter().map(|row| (row.id, row)).collect();
        if self.context.map.has("unit") {
            return Ok(());
        }
        let mut accounts = referred_ids(lines, book, "account");
        accounts.extend(self.contacts.values().map(|contact| contact.account_id));
        accounts.extend(self.entries.values().map(|entry| entry.account_id));
        accounts.sort_unstable();
        accounts.dedup();
        for row in memberships::<AccountUnit>(tx, &accounts).await? {
            self.units.entry(row.account_id).or_default().push(row);
        }
        Ok(())
    }

    /// Works out whose answers they are; the account follows from the contact or from the entry.
    fn respondent(&self, line: &Line, book: &Book, at: Instant) -> Result<Respondent, Fault> {
        let account = book.refer(line, "account")?;
        let contact = book.refer(line, "contact")?;
        let about = book.refer(line, "about")?;
        let mut unit = book.refer(line, "unit")?;
        let by_contact = contact.and_then(|id| self.contacts.get(&id)).map(|contact| contact.account_id);
        let entry = about.and_then(|id| self.entries.get(&id));
        let by_entry = entry.map(|entry| entry.account_id);
        let mut owner = None;
        for (field, found) in [("account", account), ("contact", by_contact), ("about", by_entry)] {
            match (owner, found) {
                (Some(first), Some(other)) if first != other => {
                    return Err(line.fault(
                        field,
                        "account, contact and ledger entry of this row do not belong together",
                    ));
                }
                (None, other) => owner = other,
                _ => {}
            }
        }
        let Some(owner) = owner else {
            return Err(Fault::of_row("none of account, contact and about is given"));
        };
        if !line.maps("unit") {
            let as_of_answer = self.units.get(&owner).into_iter().flatten().find(|membership| {
                membership.valid_from <= at && membership.valid_to.is_none_or(|end| at < end)
            });
            unit =
                entry.and_then(|entry| entry.unit_id).or(as_of_answer.map(|membership| membership.unit_id));
        }
        Ok(Respondent { account: Some(owner), contact, about, unit })
    }

    /// Finds or begins the row's wave, and widens it to the row's answer.
    fn wave(&self, line: &Line, book: &Book, name: &Identifier, at: Instant) -> Result<Wave, Fault> {
        let known = book.find(name).and_then(|id| self.waves.get(&Wave::key_of(&id)));
        let mut wave = match known {
            Some(wave) if wave.survey_version_id != self.survey => {
                return Err(line.fault("wave", "this wave is stored with another version of the survey"));
            }
            Some(wave) if wave.origin != "imported" => {
                return Err(line.fault("wave", "this wave was fielded here: its answers cannot be imported"));
            }
            Some(wave) => wave.clone(),
            None => Wave {
                id: Uuid::now_v7(),
                survey_version_id: self.survey,
                name: line.text("wave").map(str::to_owned),
                mode: "named".into(),
                k: SMALLEST_GROUP,
                opened_at: at,
                closed_at: Some(at),
                origin: "imported".into(),
            },
        };
        wave.opened_at = wave.opened_at.min(at);
        wave.closed_at = wave.closed_at.max(Some(at));
        Ok(wave)
    }

    /// Lays down the answers of a row; `None` if the file has named its response before (`again`) with other ones.
    fn take_answers(&mut self, line: &Line, id: Uuid, again: bool) -> Option<Outcome> {
        let mut outcome = Outcome::Same;
        for (place, carried) in &line.answers {
            let row = Answer {
                response_id: id,
                item_key: self.items[*place].clone(),
                number: carried.number,
                choice: carried.choice.clone(),
                text: carried.text.clone(),
            };
            let nothing = row.number.is_none() && row.choice.is_none() && row.text.is_none();
            let known = self.given.get(&row.key());
            if nothing && known.is_none() {
                continue;
            }
            if again && known != Some(&row) {
                return None;
            }
            outcome = outcome.max(self.given.put(row, self.context.batch).min(Outcome::Changed));
        }
        Some(outcome)
    }
}
