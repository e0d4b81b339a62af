//! The report over analyses written by hand: every number is traced, both languages say the same.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/analyses.rs"]
mod analyses;
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use cam::analysis::{Analysis, Exclusion, Grade, InvestmentOutcome, Notice, Subject};
use cam::dataset::Exclude;
use cam::report::{Document, Language, RenderError, Rendered, render};
use cam::store;
use support::each_backend;

fn samples() -> [(&'static str, Analysis); 4] {
    [
        ("harbour", analyses::harbour()),
        ("harbour-at-d", analyses::harbour_at_d()),
        ("marketplace", analyses::marketplace()),
        ("tiny", analyses::tiny()),
    ]
}

fn document(analysis: &Analysis) -> Document {
    Document::build(analysis, &analysis.frame.period)
}

/// Every sample with its report in both languages, rendered once.
static ALL: LazyLock<Vec<(&'static str, Document, Language, Rendered)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (name, analysis) in samples() {
        for language in Language::ALL {
            let document = document(&analysis);
            let rendered = render(&document, language).unwrap();
            all.push((name, document, language, rendered));
        }
    }
    all
});

/// Runs `test` on every sample in both languages.
fn each(test: impl Fn(&str, &Document, Language, &Rendered)) {
    for (name, document, language, rendered) in ALL.iter() {
        test(name, document, *language, rendered);
    }
}

/// The pages as (number, HTML), without drawings and styles.
fn pages(html: &str) -> Vec<(u8, String)> {
    without(html, "<svg", "</svg>")
        .split("<article")
        .skip(1)
        .map(|page| {
            let number = page.split("id=\"page-").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
            (number, page.split("</article>").next().unwrap().to_owned())
        })
        .collect()
}

fn without(text: &str, begin: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(begin) {
        out.push_str(before);
        rest = inside.split_once(end).unwrap().1;
    }
    out + rest
}

/// Ids of the numbers of a page.
fn ids(page: &str) -> BTreeSet<String> {
    page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_text_is_found_in_both_languages() {
    each(|name, _, language, rendered| {
        if let Some(at) = rendered.html.find('⟨') {
            let around: String = rendered.html[at..].chars().take(160).collect();
            panic!("{name} {language:?}: {around}");
        }
    });
}

#[test]
fn every_number_of_pages_one_to_nine_has_its_row_on_page_ten() {
    each(|name, document, language, rendered| {
        let pages = pages(&rendered.html);
        let (_, last) = pages.last().unwrap();
        for (number, page) in &pages {
            for id in ids(page) {
                assert!(
                    last.contains(&format!("<tr id=\"{id}\">")),
                    "{name} {language:?} page {number}: {id} has no row"
                );
            }
        }
        for figure in &document.figures {
            assert!(last.contains(&format!("<tr id=\"{}\">", figure.id)), "{name}: {}", figure.id);
        }
    });
}

/// Figures that are words: levels of ranges, ends of scales, numbers of pages.
fn is_wording(number: &str) -> bool {
    ["0", "1", "5", "10", "80", "90", "95", "100", "200"].contains(&number)
}

/// Whether a word is an id, a range of ids, a quarter or a year.
fn is_name(word: &str) -> bool {
    let word = word.split([',', '，', ';', '；']).next().unwrap_or(word).trim_end_matches('.');
    let id = |part: &str| {
        part.starts_with(['A', 'S', 'R', 'D', 'O', 'M'])
            && part[1..].split('.').all(|n| n.parse::<u32>().is_ok())
    };
    let year = |part: &str| part.len() == 4 && part.starts_with("20") && part.parse::<u32>().is_ok();
    word.split('–').all(id) || year(word) || (word.len() == 2 && word.starts_with('Q'))
}

#[test]
fn no_number_of_pages_one_to_nine_stands_without_an_id() {
    each(|name, _, language, rendered| {
        for (number, page) in pages(&rendered.html).into_iter().filter(|(number, _)| *number < 10) {
            let page = page.split_once('>').unwrap().1.replace("<i>", "<i ").replace("</i>", ">");
            let text = without(&without(&page, "<a class=\"n\"", "</a>").replace('<', " <"), "<", ">");
            let text = text.replace('\u{2060}', "");
            for word in text.split([' ', '\n', '\u{A0}']).filter(|word| !is_name(word)) {
                for found in word.split(|sign: char| !sign.is_ascii_digit()).filter(|found| !found.is_empty())
                {
                    let known = is_wording(found) || found == number.to_string();
                    assert!(known, "{name} {language:?} page {number}: {found} in {word}");
                }
            }
        }
    });
}

#[test]
fn both_languages_carry_the_same_figures() {
    for (name, analysis) in samples() {
        let document = document(&analysis);
        let [english, chinese] =
            Language::ALL.map(|language| pages(&render(&document, language).unwrap().html));
        assert_eq!(english.len(), chinese.len());
        for ((number, one), (_, other)) in english.iter().zip(&chinese) {
            assert_eq!(ids(one), ids(other), "{name} page {number}");
        }
    }
}

#[test]
fn a_report_asks_for_nothing_outside_itself() {
    each(|name, _, _, rendered| {
        for outside in ["http://", "https://", "src=", "url(", "@import", "<script", "<link"] {
            let html = rendered.html.replace("http://www.w3.org/2000/svg", "").replace("url(#", "");
            let html = html.replace("url(data:font/woff;base64,", "");
            assert!(!html.contains(outside), "{name}: {outside}");
        }
    });
}

#[test]
fn a_forbidden_word_fails_the_report() {
    let mut analysis = analyses::harbour();
    analysis.investments[0].name = "Delivery that drives profit".into();
    let failed = render(&document(&analysis), Language::En);
    assert!(matches!(&failed, Err(RenderError::Forbidden(found)) if found.word == "drives"), "{failed:?}");
}

#[test]
fn at_grade_d_there_is_a_zone_but_no_star() {
    let at_c = render(&document(&analyses::harbour()), Language::En).unwrap().html;
    let at_d = render(&document(&analyses::harbour_at_d()), Language::En).unwrap().html;
    assert!(at_c.contains("class=\"star\"") || at_c.contains("star"), "a star at C");
    assert!(!at_d.contains("star"), "no star at D");
    assert!(at_d.contains("if the link is causal") && at_d.contains("74–81"), "zone with its caption");
    let chinese = render(&document(&analyses::harbour_at_d()), Language::ZhHans).unwrap().html;
    assert!(chinese.contains("若该关联为因果"));
}

#[test]
fn without_investments_page_five_says_what_to_import() {
    let document = document(&analyses::marketplace());
    let english = &pages(&render(&document, Language::En).unwrap().html)[4].1;
    assert!(english.contains("cam import investments") && english.contains("No investment is known yet"));
    assert!(pages(&render(&document, Language::ZhHans).unwrap().html)[4].1.contains("尚无投资资料"));
}

#[test]
fn no_relation_says_so_with_the_largest_effect_still_allowed() {
    let document = document(&analyses::marketplace());
    let page = &pages(&render(&document, Language::En).unwrap().html)[2].1;
    assert!(page.contains("No effect of satisfaction on buying again is seen"));
    // The upper end of the slope's range in the sample, in percentage points.
    assert!(page.contains("0.012"), "{page}");
    assert!(page.contains("one customer account"), "the unit of analysis is named");
}

#[test]
fn what_the_survey_did_not_ask_is_named_as_its_design_and_no_number_is_without_id() {
    let mut analysis = analyses::harbour();
    analysis.drivers.n_not_asked = 96;
    analysis.data.exclusions.push(Exclusion { reason: Exclude::SatisfactionNotAsked, count: 33 });
    analysis.data.responses_in += 33;
    analysis.warnings.push(Notice {
        code: "W_ASKED_UNKNOWN".into(),
        subject: Subject::Answers,
        message: "unknown".into(),
    });
    let mut apart = analysis.clone();
    apart.drivers.drivers.clear();
    apart.drivers.refusal =
        Some(Notice { code: "E_NOT_ASKED".into(), subject: Subject::Drivers, message: "apart".into() });
    for (language, [design, reason, unknown, refused]) in [
        (
            Language::En,
            [
                "did not ask every driver in",
                "not asked for satisfaction",
                "counts as not answered",
                "None was asked every driver",
            ],
        ),
        (
            Language::ZhHans,
            [
                "没有被问到全部因素：它们不参与比较",
                "按问卷的设计未询问满意度",
                "空着的按未回答计",
                "没有一个观测被问到全部因素",
            ],
        ),
    ] {
        let html = render(&document(&analysis), language).unwrap().html;
        let pages = pages(&html);
        assert!(pages[3].1.contains(design) && pages[3].1.contains(">96<"), "{}", pages[3].1);
        let last = &pages.last().unwrap().1;
        assert!(last.contains(reason) && last.contains(unknown), "{last}");
        let html = render(&document(&apart), language).unwrap().html;
        assert!(html.contains(refused) && !html.contains('⟨'));
    }
}

#[test]
fn a_refused_row_keeps_its_place_and_says_when_it_ends() {
    let document = document(&analyses::tiny());
    let html = render(&document, Language::En).unwrap().html;
    assert!(html.contains("cannot tell yet") && html.contains("linked customers"));
    assert_eq!(document.pages[4].grade, Some(Grade::E));
}

#[test]
fn a_test_whose_size_is_unknown_is_not_called_too_large() {
    let page = |size: Option<f64>| {
        let mut analysis = analyses::harbour();
        for investment in &mut analysis.investments {
            if let InvestmentOutcome::Curve(curve) = &mut investment.outcome {
                curve.test_per_group = size;
            }
        }
        render(&document(&analysis), Language::En).unwrap().html
    };
    let (unknown, large) = (page(None), page(Some(1e9)));
    let too_large = "needs more customers than there are";
    assert!(!unknown.contains(too_large) && unknown.contains("No cost is known for less of it"));
    assert!(large.contains(too_large));
}

#[test]
fn exclusions_sum_to_what_came_in() {
    for (name, analysis) in samples() {
        let excluded: usize = analysis.data.exclusions.iter().map(|one| one.count).sum();
        assert_eq!(excluded + analysis.data.observations, analysis.data.responses_in, "{name}");
        let document = document(&analysis);
        let last = document.pages.last().unwrap();
        let table = last.tables.iter().find(|table| table.name == "exclusions").unwrap();
        assert_eq!(table.rows.len(), analysis.data.exclusions.len() + 2, "{name}");
    }
}

#[test]
fn a_document_read_back_from_its_json_renders_the_same() {
    for (name, analysis) in samples() {
        let document = document(&analysis);
        let json = render(&document, Language::En).unwrap().json;
        let back: Document = serde_json::from_str(&json).unwrap();
        assert_eq!(back.figures.len(), document.figures.len(), "{name}");
        for language in Language::ALL {
            let [one, other] = [&back, &document].map(|document| render(document, language).unwrap().html);
            assert!(one == other, "{name} {language:?} reads otherwise after its JSON");
        }
    }
}

/// Compares with `reports/golden/`, or writes it where `CAM_BLESS` is set. Drawings, places and the table of all
/// figures are left out: they have tests of their own.
#[test]
fn the_pages_read_as_their_golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/golden");
    each(|name, _, language, rendered| {
        let body = without(&without(&rendered.html, "<svg", "</svg>"), "<style>", "</style>");
        let body = without(&body, "<section class=\"table figures\">", "</section>");
        let body = without(&body.replace(" style=\"", " <~"), "<~", "\"");
        let file = folder.join(format!("{name}.{}.html", language.tag()));
        if std::env::var_os("CAM_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &body).unwrap();
        }
        let golden = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}; run with CAM_BLESS=1 and read it", file.display()));
        let differs = golden.lines().zip(body.lines()).find(|(one, other)| one != other);
        assert!(golden == body, "{name} {language:?} differs from its golden file: {differs:#?}");
    });
    if let Some(folder) = std::env::var_os("CAM_REPORT_OUT") {
        each(|name, _, language, rendered| {
            let file = Path::new(&folder).join(format!("{name}.{}.html", language.tag()));
            std::fs::write(file, &rendered.html).unwrap();
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_report_comes_back_with_its_figures_and_forecasts() {
    each_backend(async |db| {
        let analysis = analyses::harbour();
        let document = document(&analysis);
        let reports: Vec<_> = Language::ALL
            .into_iter()
            .map(|language| (language, render(&document, language).unwrap()))
            .collect();
        let now = "2026-11-24T01:02:03Z".parse::<jiff::Timestamp>().unwrap().into();
        let id = cam::report::keep(&db, &analysis, &document, &reports, now).await.unwrap();

        let mut tx = db.read().await.unwrap();
        let run = store::report::find_run(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((run.seed, run.created_at), (20_260_101, now));
        let stored: Analysis = serde_json::from_value(run.result.0).unwrap();
        assert_eq!(stored.investments.len(), 5);

        let mut exclusions = store::report::exclusions(&mut tx, id).await.unwrap();
        exclusions.sort_by_key(|exclusion| exclusion.count);
        assert_eq!((exclusions.len(), exclusions[0].reason.as_str()), (6, "retention_unknown"));

        let mut figures = cam::report::figures(&document);
        figures.sort_by(|one, other| one.figure_id.cmp(&other.figure_id));
        assert_eq!(store::report::figures(&mut tx, id).await.unwrap(), figures);

        // Three investments are drawn with a likely gain, one shows no effect: four forecasts, due when the window
        // of twelve months after 2026Q3 is closed.
        let forecasts = store::report::forecasts(&mut tx, id).await.unwrap();
        assert_eq!(forecasts.len(), 4);
        assert!(
            forecasts.iter().all(|forecast| forecast.due_period == "2027Q3" && forecast.actual.is_none())
        );

        let kept = store::report::reports(&mut tx, "2026Q3").await.unwrap();
        assert_eq!(kept.iter().map(|one| one.language.as_str()).collect::<Vec<_>>(), ["en", "zh-Hans"]);
        assert!(kept.iter().all(|one| one.run_id == id && one.sha256.len() == 64));
        assert!(store::report::files(&mut tx).await.unwrap().is_empty());
    })
    .await;
}
