//! Random interleavings of what processes, operators and time do to the outbox.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::record::put;
use super::super::{Db, intake};
use super::*;

/// Mails of the wave.
const MAILS: u128 = 5;

/// Processes.
const OWNERS: usize = 3;

/// How long a lease holds, in steps of the clock.
const LEASE_STEPS: i64 = 4;

const RESENDS: i64 = 3;

#[derive(Debug, Clone)]
enum Step {
    Lease { owner: usize, limit: i64 },
    Begin { lease: usize },
    End { lease: usize, how: usize },
    PutBack { lease: usize, how: usize },
    Renew { owner: usize },
    Release { owner: usize },
    Rescue { ago: i64 },
    RescueAll,
    Expire,
    Decline { mail: u128 },
    Close,
    Wait { steps: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (owner, lease) = (0..OWNERS, 0..40_usize);
    prop_oneof![
        6 => (owner.clone(), 1..4_i64).prop_map(|(owner, limit)| Step::Lease { owner, limit }),
        8 => lease.clone().prop_map(|lease| Step::Begin { lease }),
        6 => (lease.clone(), 0..5_usize).prop_map(|(lease, how)| Step::End { lease, how }),
        2 => (lease, 0..3_usize).prop_map(|(lease, how)| Step::PutBack { lease, how }),
        2 => owner.clone().prop_map(|owner| Step::Renew { owner }),
        1 => owner.prop_map(|owner| Step::Release { owner }),
        4 => (0..3_i64).prop_map(|ago| Step::Rescue { ago }),
        1 => Just(Step::RescueAll),
        1 => Just(Step::Expire),
        1 => (0..MAILS).prop_map(|mail| Step::Decline { mail }),
        1 => Just(Step::Close),
        4 => (1..4_i64).prop_map(|steps| Step::Wait { steps }),
    ]
}

/// A row as the laws look at it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
struct Row {
    id: Uuid,
    state: String,
    lease_owner: Option<Uuid>,
    lease_generation: i64,
    lease_until: Option<i64>,
    unknowns: i64,
    on_unknown: String,
    sent_attempts: i64,
}

impl Row {
    fn is_over(&self) -> bool {
        matches!(self.state.as_str(), "sent" | "failed" | "cancelled" | "unknown")
    }

    fn is_held(&self) -> bool {
        matches!(self.state.as_str(), "leased" | "sending")
    }
}

type Rows = BTreeMap<Uuid, Row>;

/// How a run of steps ends; never by keeping what it wrote.
#[derive(Debug)]
enum Ended {
    Lawful,
    Broken(#[expect(dead_code, reason = "the failure prints it")] String),
    Failed(#[expect(dead_code, reason = "the failure prints it")] StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn mail(number: u128) -> Uuid {
    Uuid::from_u128(0x100 + number)
}

fn wave() -> Uuid {
    Uuid::from_u128(3)
}

/// A wave to five contacts: mails that may be sent again, and mails that may not.
async fn fill(tx: &mut Tx) -> Result<(), StoreError> {
    let blob = |id: Uuid| format!("x'{}'", id.simple());
    let [survey, version, account] = [1, 2, 4].map(|id| blob(Uuid::from_u128(id)));
    let mut text = format!(
        "INSERT INTO survey VALUES ({survey}, 's');
         INSERT INTO survey_version VALUES ({version}, {survey}, 1, '', '');
         INSERT INTO wave VALUES ({wave}, {version}, NULL, 'named', 5, 0, NULL, 'fielded');
         INSERT INTO fielding (wave_id, key, settings, settings_sha256, closes_at) VALUES ({wave}, 'w', '', '', 1000);
         INSERT INTO account VALUES ({account}, 'a', NULL, 'active', NULL, 0, NULL, NULL);",
        wave = blob(wave())
    );
    for number in 0..MAILS {
        let [contact, invitation] = [0x200, 0x300].map(|base| blob(Uuid::from_u128(base + number)));
        write!(
            text,
            "INSERT INTO contact VALUES ({contact}, {account}, NULL, NULL, 'p{number}@b.example', NULL, NULL, NULL);
             INSERT INTO invitation (id, wave_id, contact_id, language, timezone, channel, notice_version,
                                     token_version, invited_at)
             VALUES ({invitation}, {wave}, {contact}, 'en', 'UTC', 'mail', '', 1, 0);",
            wave = blob(wave())
        )
        .unwrap();
    }
    if let Tx::Sqlite(tx) = &mut *tx {
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut **tx).await?;
    }
    for number in 0..MAILS {
        let row = Delivery {
            id: mail(number),
            invitation_id: Some(Uuid::from_u128(0x300 + number)),
            wave_id: Some(wave()),
            kind: "invitation".into(),
            sequence: 1,
            dedupe_key: number.to_string(),
            reference: number.to_string(),
            domain_group: "b.example".into(),
            state: "queued".into(),
            on_unknown: if number % 2 == 0 { "resend" } else { "hold" }.into(),
            attempts: 0,
            unknowns: 0,
            run_at: Instant::from_micros(0),
            not_after: Instant::from_micros(60),
            dated_at: Instant::from_micros(0),
            lease_generation: 0,
        };
        put(tx, &[&row]).await?;
    }
    Ok(())
}

async fn rows(tx: &mut Tx) -> Result<Rows, StoreError> {
    const ROWS: &str = "SELECT id, state, lease_owner, lease_generation, lease_until, unknowns, on_unknown,
            (SELECT COUNT(*) FROM attempt WHERE attempt.delivery_id = delivery.id AND attempt.outcome = 'sent')
                AS sent_attempts FROM delivery";
    let Tx::Sqlite(tx) = tx else { return Ok(Rows::new()) };
    let rows: Vec<Row> = sqlx::query_as(ROWS).fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn ending(how: usize, now: Instant) -> Ending {
    let (state, outcome) = [
        ("sent", "sent"),
        ("deferred", "refused"),
        ("failed", "refused"),
        ("queued", "unknown"),
        ("unknown", "unknown"),
    ][how];
    Ending {
        state,
        run_at: now,
        counted: true,
        started_at: now,
        ended_at: now,
        outcome,
        phase: None,
        class: None,
        code: None,
        enhanced: None,
        detail: None,
    }
}

/// Takes a step, and says what is wrong with what it gave back.
async fn take(
    tx: &mut Tx,
    step: &Step,
    now: &mut i64,
    leases: &mut Vec<Lease>,
    before: &Rows,
) -> Result<Result<(), String>, StoreError> {
    let owner_of = |number: usize| Uuid::from_u128(0x400 + number as u128);
    let at = Instant::from_micros(*now);
    // Processes also come back to leases that they have lost long since.
    let held = |number: usize| leases.get(number % leases.len().max(1)).copied();
    let valid = |lease: Lease, state: &str| {
        let row = &before[&lease.delivery];
        row.state == state && row.lease_owner == Some(lease.owner) && row.lease_generation == lease.generation
    };
    let expect = |found: bool, valid: bool| {
        if found == valid {
            Ok(())
        } else {
            Err(format!("fencing: {found}, though the lease holds: {valid}"))
        }
    };
    match *step {
        Step::Lease { owner, limit } => {
            let given = lease(tx, owner_of(owner), at, LEASE_STEPS, (limit, &[])).await?;
            for row in given {
                if before[&row.id].is_held() {
                    return Ok(Err(format!("{} is leased a second time", row.id)));
                }
                let (delivery, owner, generation) = (row.id, owner_of(owner), row.lease_generation);
                leases.push(Lease { delivery, owner, generation });
            }
        }
        Step::Begin { lease } => {
            let Some(lease) = held(lease) else { return Ok(Ok(())) };
            return Ok(expect(
                begin(tx, lease, &lease.delivery.to_string(), "mark").await?.is_some(),
                valid(lease, "leased"),
            ));
        }
        Step::End { lease, how } => {
            let Some(lease) = held(lease) else { return Ok(Ok(())) };
            return Ok(expect(end(tx, lease, &ending(how, at)).await?, valid(lease, "sending")));
        }
        Step::PutBack { lease, how } => {
            let Some(lease) = held(lease) else { return Ok(Ok(())) };
            put_back(tx, lease, ["queued", "failed", "cancelled"][how], at, None).await?;
        }
        Step::Renew { owner } => {
            let all: Vec<Uuid> = before.keys().copied().collect();
            renew(tx, owner_of(owner), at, LEASE_STEPS, &all).await?;
        }
        Step::Release { owner } => release(tx, owner_of(owner)).await?,
        Step::Rescue { ago } => {
            rescue(tx, Instant::from_micros(*now - ago), RESENDS, false).await?;
        }
        Step::RescueAll => {
            rescue(tx, at, RESENDS, true).await?;
        }
        Step::Expire => {
            expire(tx, at).await?;
        }
        Step::Decline { mail: number } => {
            intake::decline(tx, Uuid::from_u128(0x300 + number), None, at).await?;
        }
        Step::Close => cancel_wave(tx, wave(), at).await?,
        Step::Wait { steps } => *now += steps,
    }
    Ok(Ok(()))
}

/// What holds after every step.
fn laws(step: &Step, now: i64, before: &Rows, after: &Rows) -> Result<(), String> {
    if !before.keys().eq(after.keys()) {
        return Err("a row came or went".into());
    }
    for (old, new) in before.values().zip(after.values()) {
        let fail = |law: &str| Err(format!("{law}: {step:?} made {old:?} into {new:?}"));
        if old.is_over() && old != new {
            return fail("what is over stays as it is");
        }
        if (new.state == "sent") != (new.sent_attempts == 1) || new.sent_attempts > 1 {
            return fail("a mail is sent by one attempt that was");
        }
        if new.is_held() != new.lease_owner.is_some() || new.is_held() != new.lease_until.is_some() {
            return fail("who is held has a lease, and nobody else");
        }
        if new.lease_owner != old.lease_owner && old.is_held() && new.is_held() {
            return fail("a lease goes from one owner to the next by way of the queue");
        }
        if new.state == "sending" && !matches!(old.state.as_str(), "sending" | "leased") {
            return fail("only a leased mail is sent");
        }
        if new.state == "sent" && !matches!(old.state.as_str(), "sent" | "sending") {
            return fail("only a mail that was being sent has been sent");
        }
        let lapsed = old.lease_until.is_some_and(|until| until < now);
        if matches!(step, Step::Rescue { .. }) && old != new && !lapsed {
            return fail("a lease that has not run out is not taken");
        }
        if matches!(step, Step::Rescue { .. } | Step::RescueAll)
            && old.state == "sending"
            && new.state == "queued"
            && (old.on_unknown == "hold" || old.unknowns >= RESENDS)
        {
            return fail("a mail that may have gone out is sent again only where it may be");
        }
    }
    Ok(())
}

async fn run(tx: &mut Tx, steps: &[Step]) -> Result<(), Ended> {
    let (mut now, mut leases) = (1, Vec::new());
    let mut before = rows(tx).await?;
    for step in steps {
        let found = take(tx, step, &mut now, &mut leases, &before).await?;
        let after = rows(tx).await?;
        found.and_then(|()| laws(step, now, &before, &after)).map_err(Ended::Broken)?;
        before = after;
    }
    Err(Ended::Lawful)
}

#[test]
fn no_order_of_events_breaks_the_laws_of_the_outbox() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let db = runtime.block_on(async {
        let db = Db::open(&format!("sqlite:{}", folder.path().join("test.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        let filled: Result<(), StoreError> = db.write(|tx| Box::pin(fill(tx))).await;
        filled.unwrap();
        db
    });
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    let steps = proptest::collection::vec(step(), 1..80);
    let outcome = runner.run(&steps, |steps| {
        // Each run is rolled back, so that the next one finds the rows as they were.
        let ended = runtime.block_on(db.write(move |tx| Box::pin(async move { run(tx, &steps).await })));
        match ended {
            Err(Ended::Lawful) => Ok(()),
            other => Err(TestCaseError::fail(format!("{other:?}"))),
        }
    });
    outcome.unwrap();
}
