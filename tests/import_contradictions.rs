//! Rows that contradict each other or what is stored: the first stays, the other is left out with the reason.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/import_desk.rs"]
mod import_desk;
mod support;

use std::fmt::Write as _;
use std::time::Duration;

use cam::clock::Clock;
use cam::import::{self, Kind, Order};
use import_desk::{ACCOUNTS, Desk, ENTRIES, NOW, SURVEY, only_reason, revenues};
use support::each_backend;

const TOTALS: &str = "kind = \"ledger_totals\"\ncurrency = \"CNY\"\n[fields]\nperiod_start = \"from\"\n\
                      period_end = \"to\"\nrevenue = \"sum\"\n";

/// Imports `first`, then `both`, which has a row of the same key and content and one that contradicts it; the latter is
/// left out whatever is stored.
async fn keeps_the_first(desk: &Desk, kind: Kind, map: &str, first: &str, both: &str) {
    let stored = desk.import(kind, first, map).await.unwrap();
    assert_eq!((stored.new, stored.left_out), (1, 0), "{kind:?}: {:?}", stored.reasons);
    let again = desk.import(kind, both, map).await.unwrap();
    assert_eq!((again.same, again.left_out), (2, 1), "{kind:?}: {:?}", again.reasons);
    let (reason, lines) = only_reason(&again);
    assert!(reason.contains("twice with different content"), "{kind:?}: {reason}");
    assert_eq!(lines, [(4, 4)], "{kind:?}");
    import::undo(&desk.db, NOW, again.batch.unwrap()).await.unwrap();
    import::undo(&desk.db, NOW, stored.batch.unwrap()).await.unwrap();
    let fresh = desk.import(kind, both, map).await.unwrap();
    assert_eq!((fresh.new, fresh.same, fresh.left_out), (1, 1, 1), "{kind:?}: {:?}", fresh.reasons);
    assert_eq!(only_reason(&fresh).1, [(4, 4)], "{kind:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_twice_with_different_content_is_left_out_of_money_whatever_is_stored() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let entries = format!("{ENTRIES}[attributes]\nlate = \"late\"\n");
        let row = "id,no,day,amount,late\nE1,A1,2026-01-01,100,0\n";
        let both = format!("{row}E1,A1,2026-01-01,100,0\nE1,A1,2026-01-01,999,0\n");
        keeps_the_first(&desk, Kind::LedgerEntries, &entries, row, &both).await;
        let periods = "kind = \"account_periods\"\ncurrency = \"CNY\"\n[fields]\naccount = \"no\"\n\
                       period_start = \"from\"\nperiod_end = \"to\"\nrevenue = \"amount\"\n";
        let row = "no,from,to,amount\nA1,2026-01-01,2026-04-01,100\n";
        let both = format!("{row}A1,2026-01-01,2026-04-01,100\nA1,2026-01-01,2026-04-01,999\n");
        keeps_the_first(&desk, Kind::AccountPeriods, periods, row, &both).await;
        let row = "from,to,sum\n2026-01-01,2026-04-01,100\n";
        let both = format!("{row}2026-01-01,2026-04-01,100\n2026-01-01,2026-04-01,999\n");
        keeps_the_first(&desk, Kind::LedgerTotals, TOTALS, row, &both).await;
        assert_eq!(revenues(&desk.snapshot().await), [Some(10_000), Some(10_000)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_twice_with_different_content_is_left_out_of_master_data_whatever_is_stored() {
    let cases = [
        (
            Kind::Units,
            "kind = \"units\"\n[fields]\nkey = \"key\"\nname = \"text\"\nkind = { value = \"shop\" }\n",
        ),
        (Kind::Accounts, "kind = \"accounts\"\n[fields]\nkey = \"key\"\nname = \"text\"\n"),
        (Kind::Contacts, "kind = \"contacts\"\n[fields]\nkey = \"key\"\naccount = \"no\"\nname = \"text\"\n"),
        (Kind::Employees, "kind = \"employees\"\n[fields]\nkey = \"key\"\nemail = \"text\"\n"),
        (
            Kind::Investments,
            "kind = \"investments\"\ncurrency = \"CNY\"\n[fields]\nkey = \"key\"\nname = \"text\"\n\
             target_kind = { value = \"customer\" }\nconstruct = { value = \"parts\" }\nyearly_cost = { value = \"1\" }\n",
        ),
        (Kind::Measures, "kind = \"measures\"\n[fields]\nkey = \"key\"\nname = \"text\"\n"),
        (
            Kind::Goals,
            "kind = \"goals\"\n[fields]\nkey = \"key\"\ntarget_of = \"text\"\ntarget = { value = \"75\" }\n\
             due = { value = \"2027-12-31\" }\n",
        ),
    ];
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let row = "key,no,text\nK1,A1,One\n";
        let both = format!("{row}K1,A1,One\nK1,A1,Two\n");
        for (kind, map) in cases {
            keeps_the_first(&desk, kind, map, row, &both).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_one_key_that_differ_in_an_attribute_or_a_unit_contradict_each_other() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let units = "kind = \"units\"\n[fields]\nkey = \"u\"\nname = \"u\"\nkind = { value = \"shop\" }\n";
        desk.import(Kind::Units, "u\nN\nS\n", units).await.unwrap();
        let map =
            "kind = \"accounts\"\n[fields]\nkey = \"no\"\nunit = \"u\"\n[attributes]\nseats = \"seats\"\n";
        let row = "no,u,seats\nA1,N,5\n";
        keeps_the_first(&desk, Kind::Accounts, map, row, &format!("{row}A1,N,5\nA1,S,5\n")).await;
        let row = "no,u,seats\nA2,N,5\n";
        keeps_the_first(&desk, Kind::Accounts, map, row, &format!("{row}A2,N,5\nA2,N,6\n")).await;
        assert_eq!(desk.count("account_unit").await, 2);
        assert_eq!(desk.count("attribute WHERE number = 5").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_twice_with_different_answers_is_left_out() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        desk.write("customer.toml", SURVEY);
        let map = "kind = \"answers\"\nsurvey = \"customer.toml\"\n[fields]\nkey = \"id\"\nwave = { value = \"W\" }\n\
                   account = \"no\"\nanswered_at = \"day\"\n[answers]\noverall = \"score\"\n";
        let row = "id,no,day,score\n1,A1,2026-05-01,4\n";
        let both = format!("{row}1,A1,2026-05-01,4\n1,A1,2026-05-01,1\n");
        keeps_the_first(&desk, Kind::Answers, map, row, &both).await;
        assert_eq!(desk.count("answer WHERE number = 4").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_is_found_however_far_apart_the_two_rows_are() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let mut file = String::from("no,name\nA1,One\n");
        for number in 1..=2500 {
            writeln!(file, "N{number},New").unwrap();
        }
        file.push_str("A1,Uno\n");
        let report = desk.import(Kind::Accounts, &file, ACCOUNTS).await.unwrap();
        assert_eq!((report.new, only_reason(&report).1), (2500, &[(2503, 2503)][..]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_totals_that_overlap_in_a_file_are_left_out() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file =
            "from,to,sum\n2026-01-01,2026-04-01,5\n2026-04-01,2026-07-01,5\n2026-01-01,2027-01-01,20\n";
        let report = desk.import(Kind::LedgerTotals, file, TOTALS).await.unwrap();
        let (reason, lines) = only_reason(&report);
        assert!(reason.contains("overlaps another official total in this file"), "{reason}");
        assert_eq!((lines, report.reasons[0].column.as_deref()), (&[(4, 4)][..], Some("from")));
        assert_eq!(report.reasons[0].cells, ["2026-01-01 to 2027-01-01 over 2026-01-01 to 2026-04-01"]);
        assert_eq!(desk.count("ledger_total").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_total_that_overlaps_a_stored_one_is_left_out_until_that_is_taken_back() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let first =
            desk.import(Kind::LedgerTotals, "from,to,sum\n2026-01-01,2026-04-01,5\n", TOTALS).await.unwrap();
        let months = "from,to,sum\n2026-02-01,2026-03-01,5\n2026-04-01,2026-05-01,5\n";
        let report = desk.import(Kind::LedgerTotals, months, TOTALS).await.unwrap();
        let remedy = format!("cam import undo {}", first.batch.unwrap());
        assert!(only_reason(&report).0.contains(&remedy), "{:?}", report.reasons);
        import::undo(&desk.db, NOW, first.batch.unwrap()).await.unwrap();
        let report = desk.import(Kind::LedgerTotals, months, TOTALS).await.unwrap();
        assert_eq!((report.new, report.same, report.left_out), (1, 1, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_total_of_the_same_period_is_a_correction_and_no_overlap() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.import(Kind::LedgerTotals, "from,to,sum\n2026-01-01,2026-04-01,5\n", TOTALS).await.unwrap();
        let report =
            desk.import(Kind::LedgerTotals, "from,to,sum\n2026-01-01,2026-04-01,8\n", TOTALS).await.unwrap();
        assert_eq!((report.changed, report.left_out), (1, 0));
        assert_eq!(desk.snapshot().await.totals[0].revenue, 800);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_imports_at_once_the_second_sees_what_the_first_stored() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let order = |name: &str, rows: &str| Order {
            kind: Kind::LedgerTotals,
            file: desk.write(name, format!("from,to,sum\n{rows}\n")),
            map: desk.write("map.toml", TOTALS),
            dry_run: false,
        };
        let (year, month) = (
            order("year.csv", "2025-01-01,2026-01-01,20"),
            order("months.csv", "2025-02-01,2025-03-01,5\n2026-02-01,2026-03-01,5"),
        );
        // The first stands still with its rows written and not committed.
        let (written, reached) = std::sync::mpsc::channel();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let hold = Box::new(move |_, _, _| {
            written.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
        });
        let (one, two) = (desk.db.clone(), desk.db.clone());
        let first = tokio::spawn(async move { import::run(&one, Clock::Fixed(NOW), &year, hold).await });
        tokio::task::spawn_blocking(move || reached.recv().unwrap()).await.unwrap();
        let mut second = tokio::spawn(async move {
            import::run(&two, Clock::Fixed(NOW), &month, Box::new(|_, _, _| {})).await
        });
        let early = tokio::time::timeout(Duration::from_secs(1), &mut second).await;
        assert!(early.is_err(), "the second did not wait");
        go.send(()).unwrap();
        let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
        assert!(only_reason(&second).0.contains(&format!("cam import undo {}", first.batch.unwrap())));
        assert!(second.batch > first.batch);
        assert_eq!(desk.count("ledger_total").await, 2);
    })
    .await;
}
