//! The page of a poll: what it must and must not show.

use super::*;
use crate::disclosure::{Answered, Construct, Poll, Rule, Unit, table};

fn id(number: u8) -> UnitId {
    [number; 16]
}

const SALES: (u8, &str, &str) = (1, "Sales", "销售部");
const UNITS: [(u8, Option<u8>, usize, &str, &str); 8] = [
    (1, None, 4, "Sales", "销售部"),
    (2, Some(1), 21, "Key accounts", "大客户组"),
    (3, Some(1), 18, "Inside sales", "内勤销售组"),
    (4, None, 26, "Service & spare parts", "售后与备件部"),
    (5, None, 34, "Warehouse", "仓储部"),
    (6, None, 6, "Finance", "财务部"),
    (7, None, 19, "Product", "产品部"),
    (8, None, 23, "Workshop", "维修车间"),
];
const TOPICS: [(&str, &str, &str); 5] = [
    ("load", "Workload", "工作量"),
    ("tools", "Tools", "工具设备"),
    ("standard", "Standard work", "标准作业"),
    ("manager", "My manager", "直接上级"),
    ("pay", "Pay", "薪酬"),
];
const ITEMS: [(&str, &str, &str); 10] = [
    ("load-1", "I can finish my work in the hours I have", "工作时间内能做完工作"),
    ("load-2", "I know early what has to be done", "我能及早知道要做什么"),
    ("tools-1", "My tools work when I need them", "需要时工具好用"),
    ("tools-2", "I find what I need to know quickly", "需要的信息很快能找到"),
    ("standard-1", "We keep to the steps that we agreed", "我们按约定步骤工作"),
    ("standard-2", "Mistakes are talked about openly", "出错时可以公开讨论"),
    ("manager-1", "My manager listens", "上级愿意听我的意见"),
    ("manager-2", "I am told how I am doing", "上级会告诉我做得怎么样"),
    ("pay-1", "My pay is fair for what I do", "我的报酬与付出相符"),
    ("pay-2", "I understand how my pay is set", "我了解薪酬怎么定"),
];

fn poll() -> Poll {
    Poll {
        units: UNITS
            .iter()
            .map(|(unit, parent, invited, ..)| Unit {
                id: id(*unit),
                parent: parent.map(id),
                invited: *invited,
            })
            .collect(),
        invited_elsewhere: 0,
        items: ITEMS.map(|(key, ..)| key.to_owned()).to_vec(),
        constructs: TOPICS
            .iter()
            .enumerate()
            .map(|(topic, (key, ..))| Construct {
                key: (*key).to_owned(),
                items: vec![2 * topic, 2 * topic + 1],
            })
            .collect(),
        rule: Rule::default(),
    }
}

/// Answers with a level per unit and topic, and noise from a fixed stream.
fn answers() -> Vec<Answered> {
    let mut state = 11_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut answered = Vec::new();
    for (unit, _, invited, ..) in UNITS {
        for _ in 0..invited * 3 / 4 {
            let scores = (0..10_u64).map(|item| {
                let level = 1 + (u64::from(unit) * 7 + item / 2 * 5) % 3;
                let skipped = next(14) == 0;
                (!skipped).then(|| 25.0 * (level + next(3)).min(4) as f64)
            });
            answered.push(Answered { units: vec![id(unit)], scores: scores.collect() });
        }
    }
    answered
}

fn page(language: Language) -> PollPage {
    let say = |english: &str, chinese: &str| match language {
        Language::En => english.to_owned(),
        Language::ZhHans => chinese.to_owned(),
    };
    let names = TOPICS.iter().chain(&ITEMS);
    PollPage {
        organisation: say("Kestrel Tools", "科川工具"),
        title: say("Staff poll, spring 2027", "员工调查结果，2027 年春季"),
        anonymous: true,
        invited: 151,
        released: Date::constant(2027, 4, 2),
        units: UNITS.iter().map(|(unit, .., en, zh)| (id(*unit), say(en, zh))).collect(),
        columns: names.map(|(key, en, zh)| ((*key).to_owned(), say(en, zh))).collect(),
        comments: vec![
            (
                say("What should we change first?", "最先该改什么？"),
                Some((0..10).map(|at| say(&format!("Comment {at} <b>&"), &format!("留言 {at}"))).collect()),
            ),
            (say("What should stay as it is?", "什么应该保持不变？"), None),
        ],
    }
}

fn html(language: Language) -> String {
    page(language).render(&table(&poll(), &answers()).unwrap(), language).unwrap()
}

#[test]
fn a_hidden_cell_is_one_word_without_number_or_reason() {
    let html = html(Language::En);
    let hidden: Vec<&str> = html
        .match_indices("<td role=\"cell\" class=\"sup\"")
        .map(|(at, _)| html[at..].split("</td>").next().unwrap().split("\"><span>").nth(1).unwrap())
        .collect();
    assert!(hidden.len() > 10);
    assert!(hidden.iter().all(|cell| *cell == "Hidden</span>"), "{hidden:?}");
}

#[test]
fn every_shown_cell_has_its_number_and_the_step_of_that_number() {
    let column = Column::Construct("pay".to_owned());
    let steps = [(0.0, 1), (49.4, 1), (49.5, 2), (59.4, 2), (60.0, 3), (69.5, 4), (74.5, 5), (100.0, 5)];
    for (mean, step) in steps {
        let cells = vec![Released::Shown { n: 9, mean }];
        let table =
            Table { k: 5, columns: vec![column.clone()], rows: vec![Row { unit: None, level: 0, cells }] };
        let html = page(Language::En).render(&table, Language::En).unwrap();
        let cell = format!("class=\"h{step}\" data-l=\"Pay\"><span>{}</span>", points(mean));
        assert!(html.contains(&cell), "{mean}");
    }
}

#[test]
fn the_page_needs_nothing_but_itself() {
    for language in Language::ALL {
        let html = html(language);
        for foreign in ["<script", "http://", "https://", "url(", "style=", "@import", "<img"] {
            assert!(!html.contains(foreign), "{foreign}");
        }
        assert!(html.len() < 60_000, "{}", html.len());
    }
}

#[test]
fn the_rule_names_its_threshold_and_both_reasons_at_once() {
    let mut poll = poll();
    poll.rule.k = 7;
    let html = page(Language::En).render(&table(&poll, &answers()).unwrap(), Language::En).unwrap();
    assert!(
        html.contains(
            "fewer than 7 answers, or would let someone work out a neighbour. We do not say which."
        )
    );
}

#[test]
fn the_page_in_chinese_has_no_english_word() {
    let html = html(Language::ZhHans);
    let body = html.split("<main>").nth(1).unwrap();
    let mut text = String::new();
    let mut in_tag = false;
    for letter in body.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            letter if !in_tag => text.push(letter),
            _ => {}
        }
    }
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| word.len() > 1).collect();
    assert_eq!(words, Vec::<&str>::new());
}

#[test]
fn names_and_comments_are_escaped() {
    let html = html(Language::En);
    assert!(html.contains("Service &#38; spare parts") && html.contains("Comment 3 &#60;b&#62;&#38;"));
    assert!(!html.contains("Comment 3 <b>"));
    assert!(html.contains(SALES.1));
}

/// Writes the pages for looking at them.
#[test]
#[ignore = "writes files: CAM_POLL_PAGES=folder cargo test --lib report::poll -- --ignored"]
fn pages_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var_os("CAM_POLL_PAGES").unwrap());
    for language in Language::ALL {
        std::fs::write(folder.join(format!("poll.{}.html", language.tag())), html(language)).unwrap();
    }
}
