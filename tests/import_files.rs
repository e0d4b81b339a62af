//! Files as they come: every kind of bad input is refused or named, and nothing is half-written.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/import_desk.rs"]
mod import_desk;
mod support;

use std::fmt::Write as _;
use std::io::Write as _;

use cam::import::{ImportError, Kind, Report};
use import_desk::{ACCOUNTS, Desk, ENTRIES, SURVEY, only_reason, revenues};
use support::each_backend;

/// Returns the message of a refused import.
fn refused(outcome: Result<Report, ImportError>) -> String {
    outcome.expect_err("the file must be refused").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_in_row_2500_writes_nothing() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let mut file = String::from("no,name\n");
        for number in 1..=3000 {
            let extra = if number == 2500 { ",extra" } else { "" };
            writeln!(file, "N{number},Name {number}{extra}").unwrap();
        }
        let message = refused(desk.import(Kind::Accounts, &file, ACCOUNTS).await);
        assert!(message.contains(":2501: 3 cells where the header has 2"), "{message}");
        assert_eq!((desk.count("account").await, desk.count("import_batch").await), (0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn left_out_rows_are_remembered_with_line_and_reason() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "id,no,day,amount\nE1,A1,2026-01-01,5\nE2,A9,2026-01-01,5\nE3,A2,2026-01-01,5\nE4,A8,2026-01-01,1\n\
                    E5,A3,2026-01-01,5\n";
        let report = desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        let (reason, lines) = only_reason(&report);
        assert!(reason.contains("no account is known"), "{reason}");
        assert_eq!(lines, [(3, 3), (5, 5)]);
        assert_eq!(report.reasons[0].cells, ["A9", "A8"]);
        assert_eq!(desk.count("import_skip WHERE line IN (3, 5)").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_currency_is_refused_in_the_map_and_in_a_cell() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let map = ENTRIES.replace("CNY", "EUR");
        let message =
            refused(desk.import(Kind::LedgerEntries, "id,no,day,amount\nE1,A1,2026-01-01,5\n", &map).await);
        assert!(message.contains("rate file"), "{message}");
        let map = format!("{ENTRIES}currency = \"cur\"\n");
        let file = "id,no,day,amount,cur\nE1,A1,2026-01-01,5,CNY\nE2,A1,2026-01-01,5,USD\n";
        let report = desk.import(Kind::LedgerEntries, file, &map).await.unwrap();
        assert_eq!(only_reason(&report).1, [(3, 3)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_with_impossible_cells_are_left_out_by_reason() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let mut file = String::from("id,no,day,amount\n");
        let faults = [
            ("2026-11-25", "5", "future"),
            ("2026-01-01", "NaN", "not an amount"),
            ("2026-01-01", "inf", "not an amount"),
            ("2026-01-01", "1.005", "more decimals"),
            ("2026-01-01", "99999999999999999999", "too large"),
            ("2026-02-30", "5", "not a date"),
            ("", "5", "at is missing"),
        ];
        for (place, (day, amount, _)) in faults.iter().enumerate() {
            writeln!(file, "F{place},A1,{day},{amount}\nG{place},A1,2026-01-01,5").unwrap();
        }
        let report = desk.import(Kind::LedgerEntries, &file, ENTRIES).await.unwrap();
        assert_eq!((report.new, report.left_out), (7, 7));
        for (place, (_, _, reason)) in faults.iter().enumerate() {
            let line = 2 + 2 * place as u64;
            assert!(
                report.reasons.iter().any(|left| left.reason.contains(reason)
                    && left.lines.iter().any(|(first, last)| (*first..=*last).contains(&line))),
                "line {line}: {reason} is not in {:?}",
                report.reasons
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_that_does_not_fit_most_rows_is_refused_as_a_whole() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "id,no,day,amount\nE1,A1,01.02.2026,5\nE2,A1,01.02.2026,5\nE3,A1,2026-01-01,5\n";
        let message = refused(desk.import(Kind::LedgerEntries, file, ENTRIES).await);
        assert!(message.contains("2 of 3 rows"), "{message}");
        assert_eq!(desk.count("ledger_entry").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outside_its_scale_is_left_out_and_a_declared_code_is_missing() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        desk.write("customer.toml", SURVEY);
        let map = "kind = \"answers\"\nsurvey = \"customer.toml\"\n[fields]\nkey = \"id\"\nwave = \"wave\"\n\
                   account = \"no\"\nanswered_at = \"day\"\n[answers]\noverall = { column = \"score\", missing = [\"0\"] }\n";
        let file = "id,wave,no,day,score\n1,W1,A1,2026-01-01,5\n2,W1,A2,2026-01-02,0\n3,W2,A3,2026-04-01,6\n";
        let report = desk.import(Kind::Answers, file, map).await.unwrap();
        assert!(only_reason(&report).0.contains("outside the scale of overall (1 to 5)"));
        let snapshot = desk.snapshot().await;
        assert_eq!((snapshot.waves.len(), snapshot.responses.len(), snapshot.answers.len()), (1, 2, 1));
        let other = SURVEY.replace("How satisfied", "How very satisfied");
        desk.write("customer.toml", other);
        let message = refused(desk.import(Kind::Answers, file, map).await);
        assert!(message.contains("raise `version`"), "{message}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_cannot_be_are_left_out_of_investments() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let map = "kind = \"investments\"\ncurrency = \"CNY\"\n[fields]\nkey = \"i\"\nname = \"i\"\n\
                   target_kind = { value = \"customer\" }\nconstruct = { value = \"parts\" }\nyearly_cost = \"y\"\n\
                   reach_share = \"s\"\n";
        let file = "i,y,s\nI1,100,0.5\nI2,-1,0.5\nI3,100,50\nI4,100,1\n";
        let report = desk.import(Kind::Investments, file, map).await.unwrap();
        assert_eq!((report.new, report.left_out, report.reasons.len()), (2, 2, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_points_that_cannot_be_are_left_out() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let map = "kind = \"investments\"\ncurrency = \"CNY\"\n[fields]\nkey = \"i\"\nname = \"i\"\n\
                   target_kind = { value = \"customer\" }\nconstruct = { value = \"parts\" }\nyearly_cost = \"y\"\n";
        desk.import(Kind::Investments, "i,y\nI1,5\n", map).await.unwrap();
        let map = "kind = \"cost_points\"\ncurrency = \"CNY\"\n[fields]\ninvestment = \"i\"\nlevel = \"l\"\n\
                   yearly_cost = \"y\"\nsource = { value = \"record\" }\n";
        let file = "i,l,y\nI1,60,1000\nI1,NaN,1000\nI1,65,1000\nI1,inf,1000\nI1,70,1000\nI1,71,-1\nI1,75,1000\n";
        let report = desk.import(Kind::CostPoints, file, map).await.unwrap();
        let left_out: Vec<_> =
            report.reasons.iter().map(|reason| (reason.reason.as_str(), &reason.lines[..])).collect();
        assert_eq!(left_out, [
            ("not a finite number", &[(3, 3), (5, 5)][..]),
            ("this is never negative", &[(7, 7)][..])
        ]);
        assert_eq!(desk.count("cost_point").await, 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_total_below_zero_is_left_out() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let map = "kind = \"ledger_totals\"\ncurrency = \"CNY\"\n[fields]\nperiod_start = \"from\"\n\
                   period_end = \"to\"\nrevenue = \"sum\"\n";
        let file = "from,to,sum\n2026-01-01,2026-04-01,5\n2026-04-01,2026-07-01,-5\n";
        let report = desk.import(Kind::LedgerTotals, file, map).await.unwrap();
        assert_eq!(only_reason(&report), ("an official total is not negative", &[(3, 3)][..]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_nearly_empty_shows_it_in_its_fill_rate() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let mut file = String::from("no,name\n");
        for number in 1..=200 {
            let name = if number % 100 == 0 { "One" } else { "" };
            writeln!(file, "N{number},{name}").unwrap();
        }
        let report = desk.import(Kind::Accounts, &file, ACCOUNTS).await.unwrap();
        assert_eq!((report.rows, report.columns[1].filled), (200, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_in_99_of_100_rows_refuses_the_file() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file = format!("no,name\nN1,One\n{}", ",Two\n".repeat(99));
        let message = refused(desk.import(Kind::Accounts, &file, ACCOUNTS).await);
        assert!(message.contains("99 of 100 rows"), "{message}");
        assert_eq!(desk.count("account").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_lines_of_a_sum_that_is_left_out_are_named() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let map = ENTRIES.replace("revenue = \"amount\"", "revenue = { sum = \"amount\" }");
        let file = "id,no,day,amount\nE1,A9,2026-01-01,5\nE2,A1,2026-01-01,1\nE1,A9,2026-01-01,6\nE3,A8,2026-01-01,2\n\
                    E4,A1,2026-01-01,7\nE2,A1,2026-01-01,7\n";
        let report = desk.import(Kind::LedgerEntries, file, &map).await.unwrap();
        assert_eq!((report.rows, report.left_out), (6, 3));
        assert_eq!(only_reason(&report).1, [(2, 2), (4, 5)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_twice_with_different_amounts_is_left_out() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let file = "id,no,day,amount\nE1,A1,2026-01-01,5\nE1,A1,2026-01-01,6\nE2,A1,2026-01-01,6\nE2,A1,2026-01-01,6\n";
        let report = desk.import(Kind::LedgerEntries, file, ENTRIES).await.unwrap();
        assert_eq!((report.new, report.same, report.left_out), (2, 1, 1));
        assert!(only_reason(&report).0.contains("twice"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_with_one_unreadable_part_is_no_sum() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        let map = ENTRIES.replace("revenue = \"amount\"", "revenue = { sum = \"amount\" }");
        let file = "id,no,day,amount\nE1,A1,2026-01-01,5\nE2,A1,2026-01-01,1\nE1,A1,2026-01-01,x\nE2,A1,2026-01-01,2\n\
                    E3,A1,2026-01-01,7\n";
        let report = desk.import(Kind::LedgerEntries, file, &map).await.unwrap();
        assert_eq!((report.rows, report.new, report.summed, report.left_out), (5, 2, 1, 2));
        let mut sums = revenues(&desk.snapshot().await);
        sums.sort();
        assert_eq!(sums, [Some(300), Some(700)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_another_kind_are_named_as_what_they_are() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let mut ods = b"PK\x03\x04\x14\x00\x00\x08\x00\x00".to_vec();
        ods.extend([0; 20]);
        ods.extend(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK");
        let files: [(&[u8], &str); 9] = [
            (&ods, "OpenDocument spreadsheet"),
            (b"%PDF-1.7 ...", "PDF"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1", "old Excel workbook"),
            (b"no,name\n\x00\x01\x02", "binary"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"PK\x03\x04 no workbook", "zip archive"),
            (b"\xFF\xFEn\0o\0", "UTF-16"),
            (b"\x1F\x8B\x08\x00 no gzip", "gzip"),
            (b"", "empty"),
        ];
        for (content, what) in files {
            let message = refused(desk.import(Kind::Accounts, content, ACCOUNTS).await);
            assert!(message.contains(what), "{what}: {message}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_broken_are_refused_with_line_and_remedy() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let huge = format!("no,name\nA1,One\nA2,\"{}\"\n", "x".repeat(10_000_000));
        let open = format!("no,name\nA1,One\nA2,\"never closed\n{}", "A3,Three\n".repeat(20));
        let files: [(&[u8], &str); 8] = [
            (b"no,name\n", "header and no row"),
            (b"\n\n", "no header"),
            (b"no,name,name\nA1,One,Uno\n", "twice"),
            (b"no,nane\nA1,One\n", "did you mean \"nane\"?"),
            (b"no,name\nA1\n", ":2: 1 cells where the header has 2"),
            (huge.as_bytes(), ":3: the cell that begins here is larger than 1 MB"),
            (open.as_bytes(), ":3: the quotation mark that opens here is never closed"),
            (b"no,name\nA1,\xB9\xAB\xCB\xBE\n", ":2: not UTF-8, column \"name\""),
        ];
        for (content, what) in files {
            let message = refused(desk.import(Kind::Accounts, content, ACCOUNTS).await);
            assert!(message.contains(what), "{what}: {message}");
        }
        assert_eq!(desk.count("account").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn byte_order_mark_line_ends_and_quoted_newlines_are_read() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let file = "\u{FEFF}no;name\r\n\"A1\";\"One\r\nand \"\"more\"\"\"\r\nA2;Two\r\n";
        let map = format!("delimiter = \";\"\n{ACCOUNTS}");
        let report = desk.import(Kind::Accounts, file, &map).await.unwrap();
        assert_eq!(report.new, 2);
        assert_eq!(desk.count("account WHERE name LIKE 'One%and \"more\"'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gb18030_and_gzip_are_read() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        // "no,name\nA1,公司\n" in GB18030.
        let file = b"no,name\nA1,\xB9\xAB\xCB\xBE\n";
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(file).unwrap();
        let map = format!("encoding = \"gb18030\"\n{ACCOUNTS}");
        desk.import(Kind::Accounts, packed.finish().unwrap(), &map).await.unwrap();
        assert_eq!(desk.count("account WHERE name = '公司'").await, 1);
        let message = refused(desk.import(Kind::Accounts, b"no,name\nA1,\xFF\xFF\n", &map).await);
        assert!(message.contains("not GB18030"), "{message}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_gives_dates_numbers_and_ids_as_they_are_meant() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.import(Kind::Accounts, "no,name\n20417,One\n", ACCOUNTS).await.unwrap();
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().set_name("Notes").unwrap();
        let sheet = book.add_worksheet().set_name("March").unwrap();
        sheet.write_row(0, 0, ["id", "no", "day", "amount"]).unwrap();
        let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 3, 15).unwrap();
        let format = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
        sheet.write(1, 0, "E1").unwrap();
        sheet.write(1, 1, 20417).unwrap();
        sheet.write_with_format(1, 2, &date, &format).unwrap();
        sheet.write(1, 3, 1234.56).unwrap();
        let path = desk.folder.path().join("book.csv");
        book.save(&path).unwrap();
        let map = format!("sheet = \"March\"\ndecimal = \",\"\n{ENTRIES}");
        let report = desk.import_file(Kind::LedgerEntries, &path, &map).await.unwrap();
        assert_eq!((report.new, report.left_out), (1, 0), "{:?}", report.reasons);
        let flow = desk.snapshot().await.flows[0];
        // Midnight of 15 March in Shanghai.
        assert_eq!((flow.from.to_string().as_str(), flow.revenue), ("2026-03-14T16:00:00Z", Some(123_456)));
        let map = format!("sheet = \"April\"\n{ENTRIES}");
        assert!(refused(desk.import_file(Kind::LedgerEntries, &path, &map).await).contains("Notes, March"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_word_is_missing_and_a_value_that_is_not_listed_is_a_fault() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        let map = "kind = \"accounts\"\nmissing = [\"Unknown\"]\n[fields]\nkey = \"no\"\n\
                   segment = { column = \"seg\", values = { \"1\" = \"small\" } }\n";
        let report = desk.import(Kind::Accounts, "no,seg\nA1,1\nA2,Unknown\nA3,7\n", map).await.unwrap();
        assert_eq!((report.new, report.left_out), (2, 1));
        assert_eq!(desk.count("account WHERE segment = 'small'").await, 1);
        assert_eq!(desk.count("account WHERE segment IS NULL").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_wave_belong_to_the_quarter_in_which_they_were_given() {
    each_backend(async |db| {
        let desk = Desk::open(db).await;
        desk.accounts().await;
        desk.write("customer.toml", SURVEY);
        let map = "kind = \"answers\"\nsurvey = \"customer.toml\"\ndate = \"%Y-%m-%d %H:%M\"\n[fields]\nkey = \"id\"\n\
                   account = \"no\"\nanswered_at = \"at\"\n[answers]\noverall = \"score\"\n";
        let file = "id,no,at,score\n1,A1,2026-03-31 23:59,5\n2,A2,2026-04-01 00:00,4\n3,A3,2026-06-30 12:00,4\n";
        desk.import(Kind::Answers, file, map).await.unwrap();
        assert_eq!(desk.snapshot().await.waves.len(), 2);
        assert_eq!(desk.count("identifier WHERE owner_kind = 'wave' AND value IN ('2026Q1', '2026Q2')").await, 2);
    })
    .await;
}
