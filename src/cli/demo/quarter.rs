//! The last quarter, asked the way any company would ask it: launched, mailed by SMTP, answered over HTTP.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::client::{Client, Page};
use super::letterbox::{self, Taken};
use crate::clock::{Clock, Instant};
use crate::demo::{self, Company, Does, Employee, Respondent};
use crate::job::{Desk, Outbox, Place, Returns, Settings};
use crate::mail::{Deadlines, Lifetime, Organisation, Party, Received, Relay, Separator, Sink, Tls};
use crate::seal::Keys;
use crate::store::{self, Db};
use crate::survey;
use crate::wave::{self, PollClosed};
use crate::web::answer::Look;
use crate::web::{Edge, Limits, Parts, Service};

/// The customer wave's key.
pub(super) const CUSTOMERS: &str = "2026q3-customers";

/// The poll's key.
pub(super) const STAFF: &str = "2026q3-staff";

/// What locks the poll's key: made-up ballots need no secret.
const PASSPHRASE: &str = "made-up ballots, no secret";

/// Who asks; the ending belongs to nobody (RFC 2606).
const DOMAIN: &str = "harbour.example";

/// Connections to the mail server.
const CONNECTIONS: usize = 8;

/// Respondents at a time.
const AT_A_TIME: usize = 16;

/// How long the mails may take to go out.
const PATIENCE: Duration = Duration::from_mins(5);

/// What became of the quarter's mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fielded {
    /// Contacts and employees invited.
    pub invited: [i64; 2],
    /// Mails that the receiving server took.
    pub taken: usize,
    /// Of them, those that it took only at the second attempt.
    pub second_attempt: usize,
    /// Mails that it refused for good.
    pub refused: usize,
    /// Mails that it took and sent back, which lie in the folder `returned`.
    pub returned: usize,
    /// Contacts who answered, by the language of their pages.
    pub answered: BTreeMap<String, usize>,
    /// Of them, those who broke off.
    pub broke_off: usize,
    /// Contacts who only opened the page.
    pub looked: usize,
    /// Contacts who want no mails any more.
    pub unsubscribed: usize,
    /// The employees' poll.
    pub poll: PollClosed,
}

/// A quarter that is being asked.
struct Quarter<'a> {
    db: &'a Db,
    keys: &'a Keys,
    organisation: store::organisation::Organisation,
    /// What links begin with.
    base: String,
}

/// Asks the last quarter: launches the waves of `folder`, has their mails taken by a server on the loopback address, and has the
/// company's people answer what they got.
///
/// The answers come by the same pages as anybody's and are those of the company's truth: the same seed gives the same figures.
pub async fn field_quarter(
    db: &Db,
    keys: &Keys,
    folder: &Path,
    company: &Company,
) -> anyhow::Result<Fielded> {
    let organisation = store::organisation::find(&mut db.read().await?).await?;
    let zone = TimeZone::get(&organisation.timezone)?;
    let launched: Instant = demo::launched_at().to_zoned(zone)?.timestamp().into();
    let respondents = company.respondents();
    let customers = launch(db, keys, &folder.join("wave.toml"), launched).await?;
    let staff = launch(db, keys, &folder.join("poll.toml"), launched).await?;
    let (stop, stopped) = watch::channel(false);
    // Everybody answers at the same moment of the made-up company's time, so that a seed gives the same figures.
    let answering = later(launched, 26);
    let mut quarter = Quarter { db, keys, organisation, base: "http://127.0.0.1".into() };
    // No proxy has to see that it stops.
    let limits = Limits { leaving: Duration::ZERO, ..Limits::default() };
    let edge = Edge::bind("127.0.0.1:0", quarter.service(answering), limits).await?;
    let address = edge.address()?;
    quarter.base = format!("http://{address}");
    let serving = tokio::spawn(edge.serve(stopped));
    let expected = usize::try_from(customers + staff)?;
    let (mails, second_attempt, refused) = quarter.send(&respondents, expected, launched).await?;
    let letters = letters(&mails, &quarter.base)?;
    letterbox::keep_samples(folder, &mails, &letters)?;
    let answered = answer(&respondents, &letters, (address, &folder.join("customer.toml"))).await?;
    vote(&company.employees(), &letters, address).await?;
    let returned = send_back(&respondents, &mails, &folder.join("returned"))?;
    let home = vec![Place::Maildir(folder.join("returned"))];
    Returns::new(db.clone(), Clock::Fixed(later(launched, 30)), home).once().await?;
    stop.send_replace(true);
    serving.await??;
    let poll = wave::close_poll(db, STAFF, Some(PASSPHRASE.into()), later(launched, 7 * 24)).await?;
    Ok(Fielded {
        invited: [customers, staff],
        taken: mails.len(),
        second_attempt,
        refused,
        returned,
        broke_off: answered.broke_off.into_inner(),
        looked: answered.looked.into_inner(),
        unsubscribed: answered.unsubscribed.into_inner(),
        answered: answered.languages.into_inner().unwrap_or_else(PoisonError::into_inner),
        poll,
    })
}

fn later(instant: Instant, hours: i64) -> Instant {
    Instant::from_micros(instant.as_micros() + hours * 3_600_000_000)
}

/// Launches the wave of a file; returns how many are invited.
async fn launch(db: &Db, keys: &Keys, file: &Path, at: Instant) -> anyhow::Result<i64> {
    let mut launch = super::super::wave::prepare(db, file).await?;
    if launch.file.mode == wave::Mode::Anonymous {
        launch.poll_keys = Some(tokio::task::spawn_blocking(|| wave::poll_keys(PASSPHRASE)).await??);
    }
    Ok(super::super::wave::commit(db, keys.clone(), launch, Clock::Fixed(at)).await?.invited)
}

impl Quarter<'_> {
    fn service(&self, at: Instant) -> Arc<Service> {
        Service::new(Parts {
            db: self.db.clone(),
            clock: Clock::Fixed(at),
            keys: self.keys.clone(),
            organisation: self.organisation.name.clone(),
            timezone: self.organisation.timezone.clone(),
            language: self.organisation.default_language.clone(),
            base_url: self.base.clone(),
            look: Look::plain().clone(),
        })
    }

    /// Sends all mails: those that were deferred an hour later. Returns the mails taken, how many of them at the second attempt,
    /// and how many were refused for good.
    async fn send(
        &self,
        respondents: &[Respondent],
        expected: usize,
        launched: Instant,
    ) -> anyhow::Result<(Vec<Received>, usize, usize)> {
        let pick = |test: &dyn Fn(&Respondent) -> bool| -> HashSet<String> {
            respondents.iter().filter(|one| test(one)).map(|one| one.email.clone()).collect()
        };
        let gone = pick(&|one| one.does == Does::Refused);
        let busy = pick(&|one| one.busy);
        let (refused, deferred) = (gone.len(), busy.len());
        let busy = Mutex::new(busy);
        let sink = Sink::new(
            Arc::new(move |address| {
                if gone.contains(address) {
                    Some("550 5.1.1 no such user".to_owned())
                } else if busy.lock().unwrap_or_else(PoisonError::into_inner).remove(address) {
                    Some("451 4.3.0 try again later".to_owned())
                } else {
                    None
                }
            }),
            Duration::ZERO,
        );
        let port = sink.start().await?.port();
        self.send_some(port, launched, expected).await?;
        self.send_some(port, later(launched, 1), deferred).await?;
        let mails = sink.mails();
        ensure!(
            mails.len() + refused == expected,
            "{} of {expected} mails were taken and {refused} refused: some are lost",
            mails.len()
        );
        Ok((mails, deferred, refused))
    }

    /// Runs the outbox until it has made so many attempts.
    async fn send_some(&self, port: u16, at: Instant, attempts: usize) -> anyhow::Result<()> {
        let outbox = self.outbox(port, Clock::moving(at));
        let (stop, stopped) = watch::channel(false);
        let report = outbox.report();
        let running = tokio::spawn(async move { outbox.run(stopped).await });
        let all = async {
            let made = || {
                [&report.sent, &report.refused, &report.not_sent, &report.unknown]
                    .iter()
                    .map(|count| count.load(Ordering::Relaxed))
                    .sum::<u64>()
            };
            while made() < attempts as u64 && !running.is_finished() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all).await;
        stop.send_replace(true);
        running.await??;
        in_time.context("the mails did not go out in time")
    }

    fn outbox(&self, port: u16, clock: Clock) -> Outbox {
        let name = &self.organisation.name;
        let desk = Desk {
            keys: self.keys.clone(),
            base_url: self.base.clone(),
            sender: Party { name: name.clone(), address: format!("survey@{DOMAIN}") },
            reply_to: None,
            domain: DOMAIN.into(),
            bounce_domain: Some(format!("bounce.{DOMAIN}")),
            separator: Separator::Plus,
            organisation: Organisation { name: name.clone(), footer: format!("{name}, 1 Quay Street") },
            timezone: self.organisation.timezone.clone(),
            signer: None,
            waves: Mutex::new(HashMap::new()),
        };
        let settings = Settings {
            relay: Relay {
                host: "127.0.0.1".into(),
                port,
                tls: Tls::Plain,
                login: None,
                hello: DOMAIN.into(),
                deadlines: Deadlines::all(Duration::from_mins(1)),
                lifetime: Lifetime::default(),
            },
            connections: CONNECTIONS,
            rate: 10_000.0,
            lease: Duration::from_mins(1),
            idle: Duration::from_millis(20),
            alone: true,
        };
        Outbox::new(self.db.clone(), clock, Arc::new(desk), settings)
    }
}

/// What the mails' readers take out of them, by address.
fn letters(mails: &[Received], base: &str) -> anyhow::Result<HashMap<String, Taken>> {
    mails.iter().map(|mail| Ok((mail.to.clone(), letterbox::read(mail, base)?))).collect()
}

/// What the contacts did.
#[derive(Default)]
struct Answered {
    languages: Mutex<BTreeMap<String, usize>>,
    broke_off: AtomicUsize,
    looked: AtomicUsize,
    unsubscribed: AtomicUsize,
}

/// Has the contacts do what they do. Everybody's first answer comes in turn, so that responses are stored in the same order
/// whatever the machine; from there on many answer at a time.
async fn answer(
    respondents: &[Respondent],
    letters: &HashMap<String, Taken>,
    (address, survey): (SocketAddr, &Path),
) -> anyhow::Result<Answered> {
    let name = survey.display().to_string();
    let survey = survey::parse(&name, &std::fs::read_to_string(survey)?)?;
    let items: Arc<HashMap<String, usize>> =
        Arc::new(survey.items.iter().enumerate().map(|(at, item)| (item.key.clone(), at)).collect());
    let mut client = Client::connect(address).await?;
    let mut visits = Vec::new();
    for one in respondents {
        let Some(letter) = letters.get(&one.email) else { continue };
        let mut path = letter.page.clone();
        if let Does::Answers { ticks, .. } = &one.does {
            let page = client.get(&path).await?;
            let page = tap(&mut client, &page, &items, ticks).await?;
            ensure!(page.status == 200, "an answer was not taken: {}", page.status);
        } else if one.does == Does::Unsubscribes {
            path.clone_from(&letter.stop);
        }
        visits.push((one.does.clone(), path, letter.language.clone()));
    }
    let answered = Arc::new(Answered::default());
    let visits = Arc::new(Mutex::new(visits));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..AT_A_TIME {
        let (visits, answered, items) = (Arc::clone(&visits), Arc::clone(&answered), Arc::clone(&items));
        readers.spawn(async move {
            let mut client = Client::connect(address).await?;
            loop {
                let visit = visits.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some((does, path, language)) = visit else { return anyhow::Ok(()) };
                visit_page(&mut client, (&does, &path, language), &items, &answered).await?;
            }
        });
    }
    while let Some(ended) = readers.join_next().await {
        ended??;
    }
    Arc::into_inner(answered).context("a reader is still at work")
}

/// One contact's visit.
async fn visit_page(
    client: &mut Client,
    (does, path, language): (&Does, &str, String),
    items: &HashMap<String, usize>,
    answered: &Answered,
) -> anyhow::Result<()> {
    match does {
        Does::Answers { ticks, questions } => {
            let mut page = client.get(path).await?;
            ensure!(page.html.contains(&format!("<html lang=\"{language}\"")), "a page is not in {language}");
            // The first question has been answered.
            for _ in 1..*questions {
                page = tap(client, &page, items, ticks).await?;
            }
            let ended = page.form().is_none();
            ensure!(ended == (*questions == ticks.len()), "the survey ended elsewhere than expected");
            if !ended {
                answered.broke_off.fetch_add(1, Ordering::Relaxed);
            }
            let mut languages = answered.languages.lock().unwrap_or_else(PoisonError::into_inner);
            *languages.entry(language).or_default() += 1;
        }
        Does::Unsubscribes => {
            let one_click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
            let page = client.post(path, &one_click).await?;
            ensure!(page.status == 200, "the one click was not taken: {}", page.status);
            answered.unsubscribed.fetch_add(1, Ordering::Relaxed);
        }
        Does::Looks => {
            client.get(path).await?;
            answered.looked.fetch_add(1, Ordering::Relaxed);
        }
        Does::Refused | Does::Returned | Does::Nothing => {}
    }
    Ok(())
}

/// Answers the page's question by one tap, or passes over it.
async fn tap(
    client: &mut Client,
    page: &Page,
    items: &HashMap<String, usize>,
    ticks: &[Option<i32>],
) -> anyhow::Result<Page> {
    let Some((action, mut fields)) = page.form() else { bail!("a page asks nothing: {}", page.status) };
    let question = fields.iter().find(|(name, _)| name == "q").and_then(|(_, key)| items.get(key));
    let question = question.context("a page asks something else than the survey")?;
    let button = match ticks.get(*question).copied().flatten() {
        Some(step) => ("v".to_owned(), step.to_string()),
        None => ("skip".to_owned(), "1".to_owned()),
    };
    let offered = format!("name=\"{}\" value=\"{}\"", button.0, button.1);
    ensure!(page.html.contains(&offered), "a page does not offer the answer {offered}");
    fields.push(button);
    let next = client.post(action, &fields).await?;
    ensure!(next.status == 200, "an answer was not taken: {}", next.status);
    Ok(next)
}

/// Has the employees vote.
async fn vote(
    employees: &[Employee],
    letters: &HashMap<String, Taken>,
    address: SocketAddr,
) -> anyhow::Result<()> {
    let ballots: Vec<(String, Vec<Option<i32>>)> = employees
        .iter()
        .filter_map(|one| Some((letters.get(&one.email)?.page.clone(), one.ticks.clone()?)))
        .collect();
    let ballots = Arc::new(Mutex::new(ballots));
    let mut voters = tokio::task::JoinSet::new();
    for _ in 0..AT_A_TIME {
        let ballots = Arc::clone(&ballots);
        voters.spawn(async move {
            let mut client = Client::connect(address).await?;
            loop {
                let ballot = ballots.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some((path, ticks)) = ballot else { return anyhow::Ok(()) };
                let promise = client.get(&path).await?;
                ensure!(promise.html.contains(&format!("{path}/ballot")), "the promise leads to no ballot");
                let page = client.get(&format!("{path}/ballot")).await?;
                let Some((action, mut fields)) = page.form() else { bail!("there is no ballot") };
                for (question, tick) in page.choices().into_iter().zip(ticks) {
                    fields.push((question, tick.map(|step| step.to_string()).unwrap_or_default()));
                }
                let sent = client.post(action, &fields).await?;
                ensure!(sent.status == 200, "a ballot was not taken: {}", sent.status);
            }
        });
    }
    while let Some(ended) = voters.join_next().await {
        ended??;
    }
    Ok(())
}

/// Sends back the mails that were taken for mailboxes that do not exist.
fn send_back(respondents: &[Respondent], mails: &[Received], maildir: &Path) -> anyhow::Result<usize> {
    let returned = respondents.iter().filter(|one| one.does == Does::Returned);
    let returned: HashSet<&str> = returned.map(|one| one.email.as_str()).collect();
    let back = mails.iter().filter(|mail| returned.contains(mail.to.as_str()));
    let mut count = 0;
    for mail in back {
        count += 1;
        letterbox::send_back(maildir, count, mail)?;
    }
    Ok(count)
}
