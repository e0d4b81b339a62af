//! Launching a wave: one transaction makes every invitation and the mail that carries it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::WaveError;
use super::file::{Audience, Channel, Mode, Population, WaveFile};
use crate::clock::Instant;
use crate::digest;
use crate::mail::pace::domain_group;
use crate::seal::{Keys, Purpose, token_hash};
use crate::store::fielding::{self, Candidate, Fielding, Invitation, NoticeRow, Ticket, Token};
use crate::store::outbox::Delivery;
use crate::store::record::put;
use crate::store::response::{self, Wave};
use crate::store::{StoreError, Tx};
use crate::survey::{Instrument, Item, ItemKind, MailKind};

/// Rows that travel to the database together.
const SET: usize = 1000;

/// Everything that a launch rests on.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The wave's file.
    pub file: WaveFile,
    /// The survey.
    pub survey: Instrument,
    /// Its text, which is stored with its version.
    pub survey_text: String,
    /// Addresses that the audience's own file names, in small letters; `None` where it names none.
    pub listed: Option<BTreeSet<String>>,
    /// The organisation's time zone, of people whose own is not known.
    pub timezone: String,
    /// The language of people whose own is not known.
    pub language: String,
    /// The two halves of an anonymous wave's pair of keys, the second one locked.
    pub poll_keys: Option<(Vec<u8>, Vec<u8>)>,
}

/// Why somebody of the population is not invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// The audience does not ask for them.
    NotInAudience,
    /// No address is known.
    NoAddress,
    /// The address cannot be one.
    OddAddress,
    /// The address bounced for good, or its owner wants no mails.
    Suppressed,
    /// Another person with the same address is invited.
    SameAddress,
    /// They were invited to something else a short while ago.
    AskedRecently,
    /// Their mail could only go out after the wave has closed.
    TooLate,
}

impl LeftOut {
    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotInAudience => "not in the audience",
            Self::NoAddress => "no e-mail address",
            Self::OddAddress => "not an e-mail address",
            Self::Suppressed => "bounced for good, or wants no mails",
            Self::SameAddress => "somebody else with the same address is invited",
            Self::AskedRecently => {
                "invited to another wave less than `cap_days` days ago (30 unless the file says otherwise)"
            }
            Self::TooLate => "their mail could only go out after the wave has closed",
        }
    }
}

/// What a launch did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The wave.
    pub wave: Uuid,
    /// Whether it had been launched before, and nothing was done.
    pub before: bool,
    /// Persons invited.
    pub invited: i64,
    /// Persons not invited, by reason.
    pub left_out: BTreeMap<LeftOut, i64>,
    /// When the first and the last mail are due.
    pub due: Option<(Instant, Instant)>,
}

/// A person who is to be invited, with the event that is the reason and the moment from which it may be asked about.
pub(super) struct Invitee {
    pub(super) person: Candidate,
    pub(super) event: Option<(Uuid, Instant)>,
}

/// A launch whose survey has been found to fit.
#[derive(Debug, Clone)]
pub struct CheckedLaunch(pub(super) Launch);

impl Launch {
    /// Checks that the survey fits the contract and that no text and no notice is missing.
    pub fn check(self) -> Result<CheckedLaunch, WaveError> {
        check(&self)?;
        Ok(CheckedLaunch(self))
    }
}

/// Makes a wave with its invitations and their mails in the caller's transaction. Launching the same key with the same
/// settings again changes nothing.
///
/// # Errors
///
/// Refuses a key that was launched with other settings, a wave that would be over, and a poll of so few that nothing of it
/// could be shown.
pub async fn launch(
    tx: &mut Tx,
    keys: &Keys,
    CheckedLaunch(launch): &CheckedLaunch,
    now: Instant,
) -> Result<Launched, WaveError> {
    fielding::lock(tx).await?;
    let settings =
        serde_json::to_string(&launch.file).map_err(|error| WaveError::Stored(error.to_string()))?;
    let sha256 = digest::sha256(format!("{settings}\n{}", launch.survey_text));
    if let Some(stored) = fielding::wave(tx, &launch.file.key).await? {
        if stored.settings_sha256 != sha256 {
            return Err(changed(launch, &stored.settings));
        }
        let invited = fielding::count_invited(tx, stored.wave_id).await?;
        return Ok(Launched {
            wave: stored.wave_id,
            before: true,
            invited,
            left_out: BTreeMap::new(),
            due: None,
        });
    }
    let closes_at = launch.closes_at()?;
    if closes_at <= now {
        let closes = launch.file.closes.map(|closes| closes.to_string()).unwrap_or_default();
        return Err(WaveError::Over { closes, zone: launch.timezone.clone() });
    }
    let late = launch.file.remind_after_days.iter().find(|days| now.plus_days(**days) >= closes_at);
    if let Some(days) = late {
        return Err(WaveError::LateReminder { days: *days });
    }
    let wave =
        open(tx, launch, (&launch.file.key, &launch.file.name), closes_at, (now, &settings, &sha256)).await?;
    let (persons, mut left_out) = audience(tx, launch, now).await?;
    let invitees = persons.into_iter().map(|person| Invitee { person, event: None }).collect();
    let (invited, due) = enlist(tx, keys, launch, (wave, closes_at, now), (invitees, &mut left_out)).await?;
    if invited == 0 {
        let reasons = left_out.iter().map(|(reason, count)| format!("{count} {}", reason.words()));
        return Err(WaveError::Nobody { reasons: reasons.collect::<Vec<_>>().join("; ") });
    }
    if launch.file.mode != Mode::Named && invited < launch.file.k {
        return Err(WaveError::TooFew { invited, k: launch.file.k });
    }
    Ok(Launched { wave, before: false, invited, left_out, due })
}

impl Launch {
    fn closes_at(&self) -> Result<Instant, WaveError> {
        let closes = self.file.closes.ok_or_else(|| WaveError::Standing { key: self.file.key.clone() })?;
        let zone = TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC);
        let zoned = closes.to_zoned(zone).map_err(|error| WaveError::Stored(error.to_string()))?;
        Ok(zoned.timestamp().into())
    }

    /// The zone of a person, and when a mail to them can first go out; `None` where the wave's hours never come.
    fn due(&self, invitee: &Invitee, now: Instant) -> (String, Option<Instant>) {
        let zone = invitee.person.timezone.clone().filter(|zone| TimeZone::get(zone).is_ok());
        let zone = zone.unwrap_or_else(|| self.timezone.clone());
        let earliest = invitee.event.map_or(now, |(_, due)| now.max(due));
        let due = self.file.send.next(earliest, &zone, &self.file.holidays);
        (zone, due)
    }

    /// The survey's language for a person: their own, one that begins alike, the organisation's, the first.
    fn language_of(&self, own: Option<&str>) -> String {
        let offered = &self.survey.languages;
        let fits = |wanted: &str| {
            let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
            offered
                .iter()
                .find(|tag| tag.eq_ignore_ascii_case(wanted))
                .or_else(|| offered.iter().find(|tag| primary(tag) == primary(wanted)))
        };
        own.and_then(fits)
            .or_else(|| fits(&self.language))
            .or(offered.first())
            .cloned()
            .unwrap_or_else(|| self.language.clone())
    }
}

/// The refusal of a key that was launched with other settings, naming what differs.
pub(super) fn changed(launch: &Launch, stored: &str) -> WaveError {
    let fields = |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    let now = serde_json::to_string(&launch.file).and_then(|text| fields(&text));
    let differing: Vec<String> = match (now, fields(stored)) {
        (Ok(now), Ok(before)) => now
            .into_iter()
            .filter(|(name, value)| before.get(name) != Some(value))
            .map(|(name, _)| name)
            .collect(),
        _ => Vec::new(),
    };
    let settings = if differing.is_empty() { "survey".into() } else { differing.join(", ") };
    WaveError::Changed { key: launch.file.key.clone(), settings }
}

/// Refuses a survey that does not fit the wave's contract or lacks a text that the wave needs. It walks the survey, which
/// takes its time: before the transaction, not within it.
fn check(launch: &Launch) -> Result<(), WaveError> {
    let (file, survey) = (&launch.file, &launch.survey);
    let unfit = |reason: String| Err(WaveError::Unfit { survey: survey.id.clone(), reason });
    if let Some(finding) = survey.walk().1.first() {
        return unfit(format!("{}: {}; run `cam survey check`", finding.item, finding.message));
    }
    if let Some(language) = survey.languages.iter().find(|tag| !file.notice.contains_key(*tag)) {
        let have: Vec<&str> = file.notice.keys().map(String::as_str).collect();
        let have = if have.is_empty() { "no language".into() } else { have.join(", ") };
        return Err(WaveError::NoNotice { language: language.clone(), have });
    }
    let mut needed = vec![MailKind::Invitation];
    if !file.remind_after_days.is_empty() {
        needed.push(MailKind::Reminder);
    }
    if file.thanks {
        needed.push(MailKind::Thanks);
    }
    if file.channel == Channel::Mail
        && let Some(kind) = needed.into_iter().find(|kind| !survey.mails.contains_key(kind))
    {
        let (section, asked) = match kind {
            MailKind::Invitation => ("invitation", "a wave by mail"),
            MailKind::Reminder => ("reminder", "`remind_after_days`"),
            MailKind::Thanks => ("thanks", "`thanks`"),
        };
        return unfit(format!(
            "{asked} needs [mail.{section}] in the survey's file, with subject and body in each language"
        ));
    }
    if file.mode != Mode::Anonymous {
        return Ok(());
    }
    if launch.poll_keys.is_none() {
        return Err(WaveError::NoPassphrase);
    }
    if file.thanks {
        return unfit("an anonymous wave cannot thank: nobody knows who answered last".into());
    }
    let branches = survey.items.iter().find(|item| item.when.is_some() || !item.jumps.is_empty());
    if let Some(item) = branches {
        return unfit(format!("{}: an anonymous ballot is one page and cannot branch", item.key));
    }
    if !survey.rotations.is_empty() {
        return unfit("an anonymous ballot is one page and cannot rotate blocks".into());
    }
    if let Some(item) = survey.items.iter().find(|item| item.required.is_some()) {
        return unfit(format!("{}: nothing is required on an anonymous ballot", item.key));
    }
    let released =
        |item: &&Item| item.scale.is_some() || matches!(item.kind, ItemKind::ShortText | ItemKind::LongText);
    if let Some(item) = survey.items.iter().find(|item| !released(item)) {
        return unfit(format!(
            "{}: nothing is released of a question without a scale, so an anonymous wave must not ask it; ask it as a rating",
            item.key
        ));
    }
    if let Some((item, name)) = names_somebody(survey) {
        return unfit(format!("{item}: {{{name}}} has no place on an anonymous ballot, which knows nobody"));
    }
    let asked = |kind: ItemKind| file.free_text || !matches!(kind, ItemKind::ShortText | ItemKind::LongText);
    if !survey.items.iter().any(|item| asked(item.kind)) {
        return unfit("without its free texts it asks nothing".into());
    }
    Ok(())
}

/// The first item whose words name the person who is asked, with the placeholder.
fn names_somebody(survey: &Instrument) -> Option<(&str, &'static str)> {
    survey.items.iter().find_map(|item| {
        let texts = item.text.values().chain(item.options.iter().flat_map(|option| option.text.values()));
        let mut placeholders =
            texts.flat_map(|text| text.split('{').skip(1)).filter_map(|rest| rest.split('}').next());
        let name = placeholders
            .find_map(|name| ["name", "account"].into_iter().find(|known| name.trim() == *known))?;
        Some((item.key.as_str(), name))
    })
}

/// Writes the wave, what it was launched with, and its notices.
pub(super) async fn open(
    tx: &mut Tx,
    launch: &Launch,
    (key, name): (&str, &str),
    closes_at: Instant,
    (now, settings, sha256): (Instant, &str, &str),
) -> Result<Uuid, WaveError> {
    let survey_sha256 = digest::sha256(&launch.survey_text);
    let survey_version_id =
        response::register(tx, &launch.survey, &launch.survey_text, &survey_sha256).await?;
    let wave = Uuid::now_v7();
    let row = Wave {
        id: wave,
        survey_version_id,
        name: Some(name.to_owned()),
        mode: launch.file.mode.as_str().into(),
        k: launch.file.k,
        opened_at: now,
        closed_at: None,
        origin: "fielded".into(),
    };
    put(tx, &[&row]).await?;
    let fielded = Fielding {
        wave_id: wave,
        key: key.to_owned(),
        standing_key: launch.file.standing.as_ref().map(|_| launch.file.key.clone()),
        settings: settings.into(),
        settings_sha256: sha256.into(),
        closes_at,
    };
    put(tx, &[&fielded]).await?;
    for (language, notice) in &launch.file.notice {
        let document = serde_json::to_string(notice).map_err(|error| WaveError::Stored(error.to_string()))?;
        let version = notice_version(&document);
        put(tx, &[&NoticeRow { wave_id: wave, language: language.clone(), version, document }]).await?;
    }
    if let Some((public, locked)) = &launch.poll_keys {
        fielding::set_poll_keys(tx, wave, public, locked).await?;
    }
    Ok(wave)
}

/// A notice's version: the first half of its hash.
fn notice_version(document: &str) -> String {
    let mut version = digest::sha256(document);
    version.truncate(16);
    version
}

/// Chooses the audience, and counts who is not in it and why.
async fn audience(
    tx: &mut Tx,
    launch: &Launch,
    now: Instant,
) -> Result<(Vec<Candidate>, BTreeMap<LeftOut, i64>), WaveError> {
    let wanted = &launch.file.audience;
    let mut persons = match wanted.of {
        Population::Contacts => fielding::contacts(tx).await?,
        Population::Employees => fielding::employees(tx, now).await?,
    };
    let everybody = persons.len();
    keep_audience(tx, wanted, &mut persons, now).await?;
    if let Some(listed) = &launch.listed {
        let on_list = |email: &str| listed.contains(&email.trim().to_lowercase());
        persons.retain(|person| person.email.as_deref().is_some_and(on_list));
    }
    let mut left_out = BTreeMap::new();
    if let Some(outside @ 1..) = everybody.checked_sub(persons.len()) {
        left_out.insert(LeftOut::NotInAudience, i64::try_from(outside).unwrap_or(i64::MAX));
    }
    Ok((persons, left_out))
}

/// Keeps those whom the filters of an audience let through.
pub(super) async fn keep_audience(
    tx: &mut Tx,
    wanted: &Audience,
    persons: &mut Vec<Candidate>,
    now: Instant,
) -> Result<(), WaveError> {
    let members = members_of(tx, &wanted.units, now).await?;
    let among = |list: &[String], value: Option<&str>| {
        list.is_empty() || value.is_some_and(|value| list.iter().any(|one| one == value))
    };
    persons.retain(|person| {
        among(&wanted.segments, person.segment.as_deref())
            && among(&wanted.states, person.state.as_deref())
            && among(&wanted.roles, person.role.as_deref())
            && members
                .as_ref()
                .is_none_or(|members| members.contains(&person.account_id.unwrap_or(person.person_id)))
    });
    Ok(())
}

/// Accounts and employees of units by their names, of those below them too; `None` where no unit is named.
async fn members_of(tx: &mut Tx, names: &[String], now: Instant) -> Result<Option<HashSet<Uuid>>, WaveError> {
    if names.is_empty() {
        return Ok(None);
    }
    let units = fielding::units(tx).await?;
    if let Some(name) = names.iter().find(|name| !units.iter().any(|(_, _, known)| known == *name)) {
        return Err(WaveError::NoUnit { name: name.clone() });
    }
    let mut inside: HashSet<Uuid> =
        units.iter().filter(|(_, _, name)| names.contains(name)).map(|(id, _, _)| *id).collect();
    loop {
        let below =
            units.iter().filter(|(_, parent, _)| parent.is_some_and(|parent| inside.contains(&parent)));
        let below: Vec<Uuid> = below.map(|(id, _, _)| *id).collect();
        let before = inside.len();
        inside.extend(below);
        if inside.len() == before {
            break;
        }
    }
    let members = fielding::members(tx, now).await?;
    Ok(Some(
        members.into_iter().filter(|(_, unit)| inside.contains(unit)).map(|(member, _)| member).collect(),
    ))
}

/// Invites people: drops who cannot or must not be written to, takes their budget, and writes invitations, tokens and mails.
pub(super) async fn enlist(
    tx: &mut Tx,
    keys: &Keys,
    launch: &Launch,
    (wave, closes_at, now): (Uuid, Instant, Instant),
    (mut invitees, left_out): (Vec<Invitee>, &mut BTreeMap<LeftOut, i64>),
) -> Result<(i64, Option<(Instant, Instant)>), WaveError> {
    let suppressed: HashSet<String> = fielding::suppressed(tx).await?.into_iter().collect();
    let by_mail = launch.file.channel == Channel::Mail;
    let mut addresses = HashSet::new();
    // In place: a wave can have more persons than there is memory to hold twice.
    invitees.retain(|invitee| {
        let reason = match invitee.person.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) {
            None if by_mail => Some(LeftOut::NoAddress),
            None => None,
            Some(email) if by_mail && domain(email).is_none() => Some(LeftOut::OddAddress),
            Some(email) if suppressed.contains(&keys.suppression_mark(email)) => Some(LeftOut::Suppressed),
            Some(email) => (!addresses.insert(email.to_lowercase())).then_some(LeftOut::SameAddress),
        };
        if let Some(reason) = reason {
            *left_out.entry(reason).or_default() += 1;
        }
        reason.is_none()
    });
    drop(addresses);
    if by_mail {
        invitees.retain(|invitee| {
            let (_, due) = launch.due(invitee, now);
            let late = due.is_some_and(|due| due >= closes_at);
            *left_out.entry(LeftOut::TooLate).or_default() += i64::from(late);
            !late
        });
        left_out.retain(|_, count| *count > 0);
    }
    let since = now.plus_days(-launch.file.cap_days);
    let mut rows = Rows::default();
    let (mut invited, mut due): (i64, Option<(Instant, Instant)>) = (0, None);
    for set in invitees.chunks(SET) {
        let persons: Vec<Uuid> = set.iter().map(|invitee| invitee.person.person_id).collect();
        let granted: HashSet<Uuid> = fielding::spend(tx, &persons, now, since).await?.into_iter().collect();
        for invitee in set {
            if granted.contains(&invitee.person.person_id) {
                rows.add(keys, launch, (wave, closes_at, now), invitee)?;
                invited += 1;
            } else {
                *left_out.entry(LeftOut::AskedRecently).or_default() += 1;
            }
        }
        for at in rows.deliveries.iter().map(|row| row.run_at) {
            due = due.map_or(Some((at, at)), |(first, last)| Some((first.min(at), last.max(at))));
        }
        rows.write(tx).await?;
    }
    Ok((invited, due))
}

/// Rows that a launch writes, a set at a time: a wave of any size takes the memory of one set.
#[derive(Default)]
struct Rows {
    invitations: Vec<Invitation>,
    tokens: Vec<Token>,
    tickets: Vec<Ticket>,
    deliveries: Vec<Delivery>,
    notices: HashMap<String, String>,
}

impl Rows {
    fn add(
        &mut self,
        keys: &Keys,
        launch: &Launch,
        (wave, closes_at, now): (Uuid, Instant, Instant),
        invitee: &Invitee,
    ) -> Result<(), WaveError> {
        let person = &invitee.person;
        let id = Uuid::now_v7();
        let language = launch.language_of(person.language.as_deref());
        let (timezone, due) = launch.due(invitee, now);
        if !self.notices.contains_key(&language) {
            let notice = launch.file.notice.get(&language);
            let document =
                serde_json::to_string(&notice).map_err(|error| WaveError::Stored(error.to_string()))?;
            self.notices.insert(language.clone(), notice_version(&document));
        }
        let customers = launch.file.audience.of == Population::Contacts;
        if launch.file.channel == Channel::Mail {
            let run_at = due.ok_or_else(|| WaveError::NeverSent { zone: timezone.clone() })?;
            let of = Mailing {
                invitation: id,
                wave,
                person: person.person_id,
                email: person.email.as_deref().unwrap_or_default(),
                hold_unknown: launch.file.hold_unknown,
            };
            self.deliveries.push(of.delivery(keys, ("invitation", 1), (run_at, closes_at)));
        }
        for purpose in [Purpose::Answer, Purpose::Unsubscribe] {
            let hash = token_hash(&keys.token(id, purpose, 1));
            self.tokens.push(Token { hash, invitation_id: id, purpose: purpose.as_str().into(), version: 1 });
        }
        if launch.file.mode == Mode::Anonymous {
            self.tickets.push(Ticket { invitation_id: id, used: false });
        }
        self.invitations.push(Invitation {
            id,
            wave_id: wave,
            contact_id: customers.then_some(person.person_id),
            employee_id: (!customers).then_some(person.person_id),
            event_id: invitee.event.map(|(event, _)| event),
            notice_version: self.notices.get(&language).cloned().unwrap_or_default(),
            language,
            timezone,
            channel: if launch.file.channel == Channel::Mail { "mail" } else { "link" }.into(),
            token_version: 1,
            invited_at: now,
        });
        Ok(())
    }

    /// Writes the rows and forgets them.
    async fn write(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        put(tx, &self.invitations.iter().collect::<Vec<_>>()).await?;
        put(tx, &self.tokens.iter().collect::<Vec<_>>()).await?;
        put(tx, &self.tickets.iter().collect::<Vec<_>>()).await?;
        put(tx, &self.deliveries.iter().collect::<Vec<_>>()).await?;
        self.invitations.clear();
        self.tokens.clear();
        self.tickets.clear();
        self.deliveries.clear();
        Ok(())
    }
}

/// Whom a mail of a wave goes to.
pub(super) struct Mailing<'a> {
    pub(super) invitation: Uuid,
    pub(super) wave: Uuid,
    pub(super) person: Uuid,
    pub(super) email: &'a str,
    pub(super) hold_unknown: bool,
}

impl Mailing<'_> {
    /// The row of a mail. Its dedupe key names wave, person, kind and number: the same mail cannot be queued twice.
    pub(super) fn delivery(
        &self,
        keys: &Keys,
        (kind, sequence): (&str, i64),
        (run_at, not_after): (Instant, Instant),
    ) -> Delivery {
        let dedupe_key = format!("{}|{}|{kind}|{sequence}", self.wave, self.person);
        // A reminder that may have arrived is not worth a second one.
        let hold = self.hold_unknown || kind != "invitation";
        Delivery {
            id: Uuid::now_v7(),
            invitation_id: Some(self.invitation),
            wave_id: Some(self.wave),
            kind: kind.into(),
            sequence,
            reference: keys.bounce_reference(&dedupe_key),
            dedupe_key,
            domain_group: domain_group(&domain(self.email).unwrap_or_default()).to_string(),
            state: "queued".into(),
            on_unknown: if hold { "hold" } else { "resend" }.into(),
            attempts: 0,
            unknowns: 0,
            run_at,
            not_after,
            dated_at: run_at,
            lease_generation: 0,
        }
    }
}

/// The domain of an address in small letters; `None` where it cannot be an address.
fn domain(email: &str) -> Option<String> {
    let (local, domain) = email.trim().rsplit_once('@')?;
    let clean = |text: &str| {
        !text.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c))
    };
    (clean(local) && clean(domain) && email.len() <= 254).then(|| domain.to_lowercase())
}
