//! Imports end to end: what several files make of the database, and how it is taken back.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/import_desk.rs"]
mod import_desk;
mod support;

use std::fmt::Write as _;

use cam::import::{self, Batch, ImportError, Kind};
use import_desk::{ACCOUNTS, Desk, ENTRIES, NOW, SURVEY, only_reason, revenues};
use jiff::ToSpan as _;
use support::each_backend;
use uuid::Uuid;

async fn undo(desk: &Desk, batch: Option<Uuid>) -> Result<Batch, ImportError> {
    import::undo(&desk.db, NOW, batch.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_payments_and_reviews_reach_one_person_through_aliases() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let people = "kind = \"accounts\"\n[fields]\nkey = { column = \"person\", scheme = \"person\" }\n\
                      [[alias]]\nscheme = \"order_customer\"\ncolumn = \"customer\"\n";
        let report = desk.import(Kind::Accounts, "customer,person\nc1,P\nc2,P\nc3,Q\n", people).await.unwrap();
        assert_eq!((report.new, report.changed), (2, 1));
        let orders = "kind = \"ledger_entries\"\ndate = \"%Y-%m-%d %H:%M:%S\"\n[fields]\n\
                      key = { column = \"order\", scheme = \"order\" }\n\
                      account = { column = \"customer\", scheme = \"order_customer\" }\nat = \"bought\"\n\
                      [attributes]\nlate = { compare = [\"came\", \">\", \"due\"] }\n\
                      delay = { days = [\"came\", \"due\"] }\n";
        let file = "order,customer,bought,came,due\n\
                    o1,c1,2026-01-01 10:00:00,2026-01-05 12:00:00,2026-01-05 00:00:00\n\
                    o2,c2,2026-02-01 10:00:00,,2026-02-05 00:00:00\n";
        desk.import(Kind::LedgerEntries, file, orders).await.unwrap();
        let payments = "kind = \"ledger_entries\"\ncurrency = \"CNY\"\n[fields]\n\
                        key = { column = \"order\", scheme = \"order\" }\nrevenue = { sum = \"paid\" }\n";
        let file = "order,paid\no1,10.10\no2,5\no1,0.25\n";
        let report = desk.import(Kind::LedgerEntries, file, payments).await.unwrap();
        assert_eq!((report.rows, report.changed, report.summed), (3, 2, 1));
        desk.write("customer.toml", SURVEY);
        let reviews = "kind = \"answers\"\nsurvey = \"customer.toml\"\n[fields]\n\
                       key = { columns = [\"review\", \"order\"], scheme = \"review\" }\nwave = { value = \"2026\" }\n\
                       about = { column = \"order\", scheme = \"order\" }\nanswered_at = \"day\"\n\
                       [answers]\noverall = \"score\"\n";
        let file = "review,order,score,day\nr,o1,2,2026-01-06\nr,o2,5,2026-03-06\n";
        desk.import(Kind::Answers, file, reviews).await.unwrap();

        let snapshot = desk.snapshot().await;
        assert_eq!(snapshot.accounts.len(), 2);
        assert_eq!(revenues(&snapshot), [Some(1035), Some(500)]);
        let person = snapshot.flows[0].account;
        assert!(snapshot.flows.iter().all(|flow| flow.account == person));
        assert!(snapshot.responses.iter().all(|response| response.account_id == Some(person)));
        let scores: Vec<f64> = snapshot.answers.iter().map(|answer| answer.number).collect();
        assert_eq!(scores, [2.0, 5.0]);
        let late: Vec<_> = snapshot.attributes.iter().map(|row| (row.name.as_str(), row.number)).collect();
        assert_eq!(late, [("delay", 0.5), ("late", 1.0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_of_two_owners_are_reported_and_never_merged() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let map = "kind = \"accounts\"\n[fields]\nkey = \"no\"\n[[alias]]\nscheme = \"account\"\ncolumn = \"old\"\n";
        let report = desk.import(Kind::Accounts, "no,old\nA1,A2\nA3,A4\nA1,A5\n", map).await.unwrap();
        let (reason, lines) = only_reason(&report);
        assert!(reason.contains("two different accounts"), "{reason}");
        assert_eq!(lines, [(2, 2)]);
        assert_eq!(desk.count("account").await, 3);
        assert_eq!(desk.count("identifier").await, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_inside_one_file_is_reported_too() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let map =
            "kind = \"accounts\"\n[fields]\nkey = \"no\"\n[[alias]]\nscheme = \"tax\"\ncolumn = \"tax\"\n";
        let report = desk.import(Kind::Accounts, "no,tax\nB1,T1\nB2,T2\nB1,T2\n", map).await.unwrap();
        assert_eq!((report.new, report.left_out), (2, 1));
        assert_eq!(only_reason(&report).1, [(4, 4)]);
    })
    .await;
}

/// Accounts of one system that carry the number of another.
const CRM: &str = "kind = \"accounts\"\n[fields]\nkey = { column = \"crm\", scheme = \"crm\" }\nname = \"name\"\n\
                   [[alias]]\nscheme = \"ledger\"\ncolumn = \"ledger\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn two_new_keys_with_one_alias_are_a_clash_and_never_one_account() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let report =
            desk.import(Kind::Accounts, "crm,ledger,name\nK1,L1,Alice\nK2,L1,Bob\n", CRM).await.unwrap();
        let (reason, lines) = only_reason(&report);
        assert!(reason.contains("has another crm identifier already"), "{reason}");
        assert_eq!((lines, report.reasons[0].column.as_deref()), (&[(3, 3)][..], Some("crm")));
        assert_eq!(desk.count("account WHERE name = 'Alice'").await, 1);
        assert_eq!((desk.count("account").await, desk.count("identifier").await), (1, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_with_the_alias_of_a_stored_account_of_its_system_is_a_clash() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.import(Kind::Accounts, "crm,ledger,name\nK1,L1,Alice\n", CRM).await.unwrap();
        let file = "crm,ledger,name\nK2,L1,Bob\nK3,L3,Carol\n";
        let report = desk.import(Kind::Accounts, file, CRM).await.unwrap();
        assert_eq!((report.new, only_reason(&report).1), (1, &[(2, 2)][..]));
        assert_eq!(desk.count("account WHERE name = 'Alice'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_key_of_the_system_is_met_by_its_alias_and_gets_the_key() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let ledger = "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"ledger\" }\n";
        desk.import(Kind::Accounts, "no\nL1\n", ledger).await.unwrap();
        let file = "crm,ledger,name\nK1,L1,Alice\nK2,L1,Bob\nK3,L3,Carol\n";
        let report = desk.import(Kind::Accounts, file, CRM).await.unwrap();
        assert_eq!((report.changed, report.new, only_reason(&report).1), (1, 1, &[(3, 3)][..]));
        assert_eq!(desk.count("account WHERE name = 'Alice'").await, 1);
        assert_eq!(desk.count("identifier WHERE scheme = 'crm' AND value IN ('K1', 'K3')").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_has_many_aliases_in_one_system() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file = "crm,ledger,name\nK1,L1,Alice\nK1,L2,Alice\nK1,L3,Alice\n";
        let report = desk.import(Kind::Accounts, file, CRM).await.unwrap();
        assert_eq!((report.new, report.changed, report.left_out), (1, 2, 0));
        assert_eq!((desk.count("account").await, desk.count("identifier").await), (1, 4));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_in_the_keys_own_system_is_a_new_number_of_the_same_account() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let map = "kind = \"accounts\"\n[fields]\nkey = \"no\"\n[[alias]]\nscheme = \"account\"\ncolumn = \"old\"\n";
        let report = desk.import(Kind::Accounts, "no,old\nA9,A1\n", map).await.unwrap();
        assert_eq!((report.changed, report.left_out), (1, 0));
        assert_eq!((desk.count("account").await, desk.count("identifier").await), (3, 4));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kind_of_thing_is_merged_through_a_shared_alias() {
    let cases = [
        (Kind::Units, "kind = \"units\"\n[fields]\nname = \"text\"\nkind = { value = \"shop\" }\n"),
        (Kind::Contacts, "kind = \"contacts\"\n[fields]\naccount = \"no\"\nname = \"text\"\n"),
        (Kind::Employees, "kind = \"employees\"\n[fields]\nemail = \"text\"\n"),
        (Kind::LedgerEntries, "kind = \"ledger_entries\"\n[fields]\naccount = \"no\"\nat = \"day\"\n"),
    ];
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "key,other,no,text,day\nK1,L1,A1,One,2026-01-01\nK2,L1,A1,Two,2026-01-01\n";
        for (kind, map) in cases {
            let map = format!("{map}key = \"key\"\n[[alias]]\nscheme = \"other\"\ncolumn = \"other\"\n");
            let report = desk.import(kind, file, &map).await.unwrap();
            assert_eq!((report.new, only_reason(&report).1), (1, &[(3, 3)][..]), "{kind:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_within_a_file_stay_and_the_same_file_again_adds_nothing() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let map = "kind = \"ledger_entries\"\ncurrency = \"CNY\"\ntwins = true\n[fields]\naccount = \"no\"\n\
                   at = \"day\"\nrevenue = \"amount\"\n";
        let file = "no,day,amount\nA1,2026-01-01,5\nA1,2026-01-01,5\nA2,2026-01-01,5\n";
        let report = desk.import(Kind::LedgerEntries, file, map).await.unwrap();
        assert_eq!(report.new, 3);
        let longer = format!("{file}A1,2026-01-01,5\n");
        let report = desk.import(Kind::LedgerEntries, &longer, map).await.unwrap();
        assert_eq!((report.new, report.same), (1, 3));
        assert_eq!(desk.count("ledger_entry").await, 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_is_a_no_op_and_an_updated_file_updates() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "id,no,day,amount\nE1,A1,2026-01-01,5\nE2,A2,2026-01-02,7.5\n";
        let first = desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        let again = desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        assert_eq!(again.already, first.batch);
        assert_eq!(desk.count("import_batch").await, 2);
        let updated = "id,no,day,amount\nE1,A1,2026-01-01,5\nE2,A2,2026-01-02,8\nE3,A3,2026-01-03,1\n";
        let report = desk.import(Kind::LedgerEntries, updated, ENTRIES).await.unwrap();
        assert_eq!((report.new, report.changed, report.same), (1, 1, 1));
        assert_eq!(revenues(&desk.snapshot().await), [Some(500), Some(800), Some(100)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_file_fills_in_cost_and_leaves_revenue() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        desk.import(Kind::LedgerEntries, "id,no,day,amount\nE1,A1,2026-01-01,5\n", ENTRIES).await.unwrap();
        let map = "kind = \"ledger_entries\"\ncurrency = \"CNY\"\n[fields]\nkey = \"id\"\ncost = \"cost\"\n";
        let report = desk.import(Kind::LedgerEntries, "id,cost\nE1,2\n", map).await.unwrap();
        assert_eq!(report.changed, 1);
        let flow = desk.snapshot().await.flows[0];
        assert_eq!((flow.revenue, flow.cost), (Some(500), Some(200)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_restores_what_was_and_removes_what_is_new() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        desk.import(Kind::LedgerEntries, "id,no,day,amount\nE1,A1,2026-01-01,5.25\n", ENTRIES).await.unwrap();
        let before = desk.snapshot().await;
        let file = "id,no,day,amount\nE1,A2,2026-01-05,9\nE2,A2,2026-01-02,7\n";
        let report = desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        undo(&desk, report.batch).await.unwrap();
        assert_eq!(desk.snapshot().await, before);
        assert_eq!(desk.count("identifier").await, 4);
        let again = desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        assert_eq!((again.already, again.new, again.changed), (None, 1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_is_refused_while_a_later_import_stands_on_the_rows() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let accounts = desk.import(Kind::Accounts, "no,name\nA1,One\n", ACCOUNTS).await.unwrap();
        let entries =
            desk.import(Kind::LedgerEntries, "id,no,day,amount\nE1,A1,2026-01-01,5\n", ENTRIES).await;
        let renamed = desk.import(Kind::Accounts, "no,name\nA1,Uno\n", ACCOUNTS).await.unwrap();
        let message = undo(&desk, accounts.batch).await.unwrap_err().to_string();
        assert!(message.contains(&renamed.batch.unwrap().to_string()), "{message}");
        undo(&desk, renamed.batch).await.unwrap();
        let message = undo(&desk, accounts.batch).await.unwrap_err().to_string();
        assert!(message.contains("refer to"), "{message}");
        undo(&desk, entries.unwrap().batch).await.unwrap();
        undo(&desk, accounts.batch).await.unwrap();
        assert_eq!((desk.count("account").await, desk.count("identifier").await), (0, 0));
        assert!(undo(&desk, accounts.batch).await.unwrap_err().to_string().contains("already"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_rows_were_taken_back_with_another_import_comes_in_again() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file = "no,name\nA1,One\nA2,Two\n";
        let first = desk.import(Kind::Accounts, file, ACCOUNTS).await.unwrap();
        let commented = format!("# The same map.\n{ACCOUNTS}");
        let second = desk.import(Kind::Accounts, file, &commented).await.unwrap();
        assert_eq!(second.same, 2);
        undo(&desk, first.batch).await.unwrap();
        let again = desk.import(Kind::Accounts, file, &commented).await.unwrap();
        assert_eq!((again.already, again.new), (None, 2));
        assert_eq!(desk.count("account").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_older_than_what_was_taken_back_still_counts() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file = "no,name\nA1,One\n";
        let first = desk.import(Kind::Accounts, file, ACCOUNTS).await.unwrap();
        let second = desk.import(Kind::Accounts, "no,name\nA1,Uno\n", ACCOUNTS).await.unwrap();
        undo(&desk, second.batch).await.unwrap();
        let again = desk.import(Kind::Accounts, file, ACCOUNTS).await.unwrap();
        assert_eq!(again.already, first.batch);
        assert_eq!(desk.count("account WHERE name = 'One'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reports_and_writes_nothing() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file = desk.write("file.csv", "no,name\nA1,One\n,Two\nA3,\n");
        let report = desk.order(Kind::Accounts, &file, ACCOUNTS, true).await.unwrap();
        assert_eq!((report.rows, report.new, report.left_out, report.batch), (3, 2, 1, None));
        assert_eq!(only_reason(&report).1, [(3, 3)]);
        let filled: Vec<_> = report.columns.iter().map(|fill| (fill.column.as_str(), fill.filled)).collect();
        assert_eq!(filled, [("no", 2), ("name", 2)]);
        for table in ["account", "identifier", "import_batch", "import_skip", "import_change"] {
            assert_eq!(desk.count(table).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_notes_are_negative_entries_and_need_leave_in_account_periods() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "id,no,day,amount\nE1,A1,2026-01-01,5\nE2,A1,2026-01-02,-2\n";
        desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        assert_eq!(revenues(&desk.snapshot().await), [Some(500), Some(-200)]);
        let file = "no,from,to,amount\nA1,2026-01-01,2026-04-01,-5\nA2,2026-01-01,2026-04-01,5\n";
        let report = desk.import(Kind::AccountPeriods, file, PERIODS).await.unwrap();
        assert!(only_reason(&report).0.starts_with("negative revenue"));
        let with_leave = PERIODS.replacen("[fields]", "credit_notes = true\n[fields]", 1);
        let report = desk.import(Kind::AccountPeriods, file, &with_leave).await.unwrap();
        assert_eq!((report.new, report.same, report.left_out), (1, 1, 0));
    })
    .await;
}

const PERIODS: &str = "kind = \"account_periods\"\ncurrency = \"CNY\"\n[fields]\naccount = \"no\"\n\
                       period_start = \"from\"\nperiod_end = \"to\"\nrevenue = \"amount\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn periods_of_one_account_that_overlap_in_a_file_are_left_out() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "no,from,to,amount\nA1,2026-01-01,2026-04-01,5\nA1,2026-04-01,2026-07-01,5\n\
                    A1,2026-03-31,2026-05-01,5\nA2,2026-03-31,2026-05-01,5\nA1,2025-01-01,2026-12-01,5\n";
        let report = desk.import(Kind::AccountPeriods, file, PERIODS).await.unwrap();
        let (reason, lines) = only_reason(&report);
        assert!(reason.contains("overlaps another period of the same account in this file"), "{reason}");
        assert_eq!((lines, report.reasons[0].column.as_deref()), (&[(4, 4), (6, 6)][..], Some("from")));
        assert_eq!(report.reasons[0].cells[0], "A1, 2026-03-31 to 2026-05-01 over 2026-01-01 to 2026-04-01");
        assert_eq!(desk.count("account_period").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_overlaps_a_stored_one_is_left_out_until_that_is_taken_back() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let quarters = "no,from,to,amount\nA1,2026-01-01,2026-04-01,5\n";
        let first = desk.import(Kind::AccountPeriods, quarters, PERIODS).await.unwrap();
        let months = "no,from,to,amount\nA1,2026-02-01,2026-03-01,5\nA1,2026-04-01,2026-05-01,5\n";
        let report = desk.import(Kind::AccountPeriods, months, PERIODS).await.unwrap();
        let remedy = format!("cam import undo {}", first.batch.unwrap());
        assert!(only_reason(&report).0.contains(&remedy), "{:?}", report.reasons);
        assert_eq!(desk.count("account_period").await, 2);
        undo(&desk, first.batch).await.unwrap();
        undo(&desk, report.batch).await.unwrap();
        let report = desk.import(Kind::AccountPeriods, months, PERIODS).await.unwrap();
        assert_eq!((report.new, report.left_out), (2, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_period_again_is_a_no_op_or_a_correction_and_no_overlap() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "no,from,to,amount\nA1,2026-01-01,2026-04-01,5\nA1,2026-04-01,2026-07-01,6\n";
        desk.import(Kind::AccountPeriods, file, PERIODS).await.unwrap();
        let longer = format!("{file}A1,2026-07-01,2026-10-01,7\n");
        let report = desk.import(Kind::AccountPeriods, &longer, PERIODS).await.unwrap();
        assert_eq!((report.new, report.same, report.left_out), (1, 2, 0));
        let corrected = longer.replace("04-01,5", "04-01,8");
        let report = desk.import(Kind::AccountPeriods, &corrected, PERIODS).await.unwrap();
        assert_eq!((report.changed, report.same, report.left_out), (1, 2, 0));
        assert_eq!(revenues(&desk.snapshot().await), [Some(800), Some(600), Some(700)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_is_found_however_far_apart_the_two_rows_are() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let first = jiff::civil::date(2020, 1, 1);
        let mut file = String::from("no,from,to,amount\n");
        for (day, next) in first.series(1.day()).zip(first.series(1.day()).skip(1)).take(2500) {
            writeln!(file, "A1,{day},{next},5").unwrap();
        }
        file.push_str("A1,2019-12-31,2020-01-02,5\n");
        let report = desk.import(Kind::AccountPeriods, &file, PERIODS).await.unwrap();
        assert_eq!((report.new, only_reason(&report).1), (2500, &[(2502, 2502)][..]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_keeps_the_unit_as_of_the_answer() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let units = "kind = \"units\"\n[fields]\nkey = \"u\"\nname = \"name\"\nkind = { value = \"shop\" }\nparent = \"up\"\n";
        let report = desk.import(Kind::Units, "u,name,up\nN,North,\nN1,North one,N\n", units).await.unwrap();
        assert_eq!(report.new, 2);
        let map = "kind = \"accounts\"\n[fields]\nkey = \"no\"\nunit = \"u\"\nfirst_seen = \"seen\"\n";
        desk.import(Kind::Accounts, "no,u,seen\nA1,N1,2025-01-01\n", map).await.unwrap();
        desk.import(Kind::Accounts, "no,u,seen\nA1,N,2025-01-01\n", map).await.unwrap();
        assert_eq!(desk.count("account_unit").await, 2);
        desk.write("customer.toml", SURVEY);
        let map = "kind = \"answers\"\nsurvey = \"customer.toml\"\n[fields]\nkey = \"id\"\nwave = { value = \"W\" }\n\
                   account = \"no\"\nanswered_at = \"day\"\n[answers]\noverall = \"score\"\n";
        desk.import(Kind::Answers, "id,no,day,score\n1,A1,2026-05-01,4\n", map).await.unwrap();
        assert_eq!(desk.count("response JOIN unit ON unit.id = response.unit_id AND unit.name = 'North one'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn investments_cost_points_indicators_measures_goals_and_staff_come_in_and_go_back() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let files = [
            (
                Kind::Investments,
                "kind = \"investments\"\ncurrency = \"CNY\"\n[fields]\nkey = \"i\"\nname = \"n\"\n\
                 target_kind = { value = \"customer\" }\nconstruct = \"c\"\nyearly_cost = \"y\"\nreversible = \"r\"\n",
                "i,n,c,y,r\nI1,Faster parts,parts,1200.50,yes\n",
            ),
            (
                Kind::CostPoints,
                "kind = \"cost_points\"\ncurrency = \"CNY\"\n[fields]\ninvestment = \"i\"\nlevel = \"l\"\n\
                 yearly_cost = \"y\"\nsource = { column = \"s\", values = { r = \"record\", j = \"judgement\" } }\n",
                "i,l,y,s\nI1,60,1000,r\nI1,72.5,1500,j\n",
            ),
            (
                Kind::Measures,
                "kind = \"measures\"\n[fields]\nkey = \"m\"\nname = \"n\"\ninvestment = \"i\"\nstarts_on = \"d\"\n",
                "m,n,i,d\nM1,Train the hotline,I1,2027-01-01\n",
            ),
            (
                Kind::Goals,
                "kind = \"goals\"\n[fields]\nkey = \"g\"\ntarget_of = \"c\"\ntarget = \"t\"\ndue = \"d\"\n",
                "g,c,t,d\nG1,satisfaction,75,2027-12-31\n",
            ),
            (
                Kind::Indicators,
                "kind = \"indicators\"\n[fields]\nname = { value = \"on_time\" }\nowner_kind = \"k\"\nowner = \"o\"\n\
                 period_start = \"p\"\nnumber = \"v\"\n",
                "k,o,p,v\naccount,A1,2026-01-01,0.91\ngroup,,2026-01-01,0.88\n",
            ),
            (
                Kind::Employees,
                "kind = \"employees\"\n[fields]\nkey = \"e\"\nlanguage = \"l\"\n",
                "e,l\n7,zh-Hans\n",
            ),
            (
                Kind::LedgerTotals,
                "kind = \"ledger_totals\"\ncurrency = \"CNY\"\nthousands = \",\"\n[fields]\nperiod_start = \"f\"\n\
                 period_end = \"t\"\nrevenue = \"r\"\n",
                "f,t,r\n2026-01-01,2026-04-01,\"1,250,000.00\"\n",
            ),
            (
                Kind::Contacts,
                "kind = \"contacts\"\n[fields]\nkey = \"k\"\naccount = \"a\"\nrole = \"r\"\n",
                "k,a,r\nK1,A1,Decides\n",
            ),
        ];
        let before = desk.count("identifier").await;
        let mut batches = Vec::new();
        for (kind, map, file) in files {
            let report = desk.import(kind, file, map).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert_eq!((report.new, report.left_out), (file.lines().count() as u64 - 1, 0), "{kind:?}");
            batches.push(report.batch);
        }
        let snapshot = desk.snapshot().await;
        assert_eq!(snapshot.investments[0].yearly_cost, 120_050);
        assert_eq!(snapshot.cost_points[1].level.to_string(), "72.5");
        assert_eq!(snapshot.totals[0].revenue, 125_000_000);
        for batch in batches.into_iter().rev() {
            undo(&desk, batch).await.unwrap();
        }
        for table in ["investment", "cost_point", "measure", "goal", "indicator", "indicator_value", "employee"] {
            assert_eq!(desk.count(table).await, 0, "{table}");
        }
        assert_eq!(desk.count("identifier").await, before);
    })
    .await;
}

#[test]
fn the_survey_of_these_tests_is_sound() {
    assert!(cam::survey::parse("customer.toml", SURVEY).is_ok());
}
