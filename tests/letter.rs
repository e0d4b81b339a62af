//! A letter becomes a mail that other programs read as it was meant, and that nothing can be smuggled into.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

use cam::clock::Instant;
use cam::mail::{
    Contract, Language, Letter, LetterError, Organisation, Party, Reference, Score, Signer, Texts, compose,
};
use cam::survey::MailKind;
use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders};
use proptest::prelude::*;

const LINK: &str = "https://s.kestrel.example/7Q2m9xV0aKcE4t1sJw3bNw";

fn english() -> Letter {
    Letter {
        kind: MailKind::Invitation,
        language: Language::En,
        sender: Party { name: "Ana Ruiz, Kestrel Tools".into(), address: "survey@kestrel.example".into() },
        reply_to: Some("ana@kestrel.example".into()),
        recipient: Party { name: "Ms Chen".into(), address: "chen@haoda.example".into() },
        message: Reference::new("abcdefghijklmnopqrstuvwxyz").unwrap(),
        message_domain: "mail.kestrel.example".into(),
        returned: Reference::new("234567abcdefghijklmnopqrst").unwrap(),
        // 2027-03-30T02:00:00Z
        date: Instant::from_micros(1_806_372_000_000_000),
        texts: Texts {
            subject: "How did we do, Ms Chen? Six questions, under a minute".into(),
            greeting: "Dear Ms Chen,".into(),
            body: "You have worked with our spare parts and repair teams this winter.\n\nWhat worked for you, and what \
                   did not? Your answers decide what we improve first."
                .into(),
            closes: "Six questions, under a minute, until 14 April.".into(),
            reason: "You receive this because your company buys from us. We ask at most once in 90 days.".into(),
            signature: ["Ana Ruiz".into(), "Head of customer service, Kestrel Tools".into()],
        },
        score: Some(Score {
            question: "How likely are you to recommend Kestrel Tools to a colleague?".into(),
            low: 0,
            high: 10,
            low_anchor: "Not at all likely".into(),
            high_anchor: "Extremely likely".into(),
        }),
        contract: Contract::Named,
        answer_link: LINK.into(),
        notice_link: format!("{LINK}/notice"),
        unsubscribe_link: format!("{LINK}/stop"),
        unsubscribe_address: Some("unsubscribe+234567abcdefghijklmnopqrst@kestrel.example".into()),
        other_language: Some((Language::ZhHans, format!("{LINK}?l=zh-Hans"))),
        organisation: Organisation {
            name: "Kestrel Tools".into(),
            footer: "Kestrel Tools Ltd, 88 Riverside Road, Shanghai".into(),
        },
        list_id: "customers.kestrel.example".into(),
        feedback_id: "wave7:invitation:kestrel:cam".into(),
    }
}

fn chinese() -> Letter {
    Letter {
        language: Language::ZhHans,
        sender: Party { name: "科川工具 阮安娜".into(), address: "survey@kestrel.example".into() },
        recipient: Party { name: "陈女士".into(), address: "chen@haoda.example".into() },
        texts: Texts {
            subject: "陈女士，请给我们打个分：6 题，不到一分钟".into(),
            greeting: "陈女士，您好：".into(),
            body: "今年冬天，您和我们的备件、维修团队打过交道。哪些让您满意，哪些还不行？您的回答决定我们先改哪里。".into(),
            closes: "共 6 题，不到一分钟，4 月 14 日截止。".into(),
            reason: "贵公司是我们的客户，因此您会收到此邮件。90 天内最多打扰一次。".into(),
            signature: ["阮安娜".into(), "科川工具 客户服务总监".into()],
        },
        score: Some(Score {
            question: "您有多大可能向同事或同行推荐科川工具？".into(),
            low: 0,
            high: 10,
            low_anchor: "完全不可能".into(),
            high_anchor: "非常可能".into(),
        }),
        other_language: Some((Language::En, format!("{LINK}?l=en"))),
        organisation: Organisation { name: "科川工具".into(), footer: "科川工具有限公司，上海市滨江路 88 号".into() },
        ..english()
    }
}

/// The same without score row: an employee poll.
fn poll(letter: Letter) -> Letter {
    Letter { score: None, contract: Contract::Anonymous, ..letter }
}

const HEADERS: [&str; 17] = [
    "From",
    "To",
    "Date",
    "Message-ID",
    "Subject",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
    "Feedback-ID",
    "X-CAM-Ref",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
];

fn parse(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn raw<'a>(message: &'a Message<'_>, name: &'a str) -> String {
    message.header_raw(name).unwrap_or_else(|| panic!("{name} is missing")).trim().to_owned()
}

fn headers(message: &Message<'_>) -> Vec<String> {
    message.headers().iter().map(|header| header.name().to_lowercase()).collect()
}

#[test]
fn a_letter_reads_back_in_both_languages_with_all_its_texts_and_links() {
    for letter in [english(), chinese(), poll(english()), poll(chinese())] {
        let bytes = compose(&letter, None).unwrap();
        assert!(bytes.len() <= 25_000, "{} bytes", bytes.len());
        assert!(bytes.is_ascii());
        assert!(
            bytes
                .split(|&sign| sign == b'\n')
                .all(|line| line.len() <= 999 && (line.is_empty() || line.ends_with(b"\r")))
        );
        let message = parse(&bytes);
        assert_eq!(message.subject(), Some(letter.texts.subject.as_str()));
        assert_eq!(message.from().unwrap().first().unwrap().name(), Some(letter.sender.name.as_str()));
        assert_eq!(message.to().unwrap().first().unwrap().name(), Some(letter.recipient.name.as_str()));
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some("chen@haoda.example"));
        assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
        let plain = message.body_text(0).unwrap().into_owned();
        let html = html_escape_undone(&message.body_html(0).unwrap());
        for text in [
            &letter.organisation.name,
            &letter.organisation.footer,
            &letter.texts.greeting,
            &letter.texts.closes,
            &letter.texts.reason,
            &letter.texts.signature[0],
            &letter.texts.signature[1],
            &letter.answer_link,
            &letter.notice_link,
            &letter.unsubscribe_link,
            &letter.other_language.as_ref().unwrap().1,
        ] {
            assert!(plain.contains(text.as_str()), "{text} is not in the text:\n{plain}");
            assert!(html.contains(text.as_str()), "{text} is not in the HTML");
        }
        for paragraph in letter.texts.body.split("\n\n") {
            assert!(plain.contains(paragraph) && html.contains(paragraph), "{paragraph}");
        }
        let numbers = letter.score.as_ref().map_or(0..0, |_| 0..11);
        for number in numbers {
            let link = format!("{LINK}?r={number}");
            assert!(plain.contains(&format!("{number}: {link}\r\n")), "{plain}");
            assert!(html.contains(&format!("href=\"{link}\"")));
        }
        assert_eq!(html.contains("?r="), letter.score.is_some());
        assert!(!html.contains("<img") && !html.contains("url("), "readable with images off");
    }
}

/// Undoes the escapes of the template, which no text of the tests contains itself.
fn html_escape_undone(html: &str) -> String {
    html.replace("&#38;", "&").replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", "\"")
}

#[test]
fn the_headers_are_those_of_a_bulk_mail_that_can_be_stopped_with_one_click() {
    let bytes = compose(&english(), None).unwrap();
    let message = parse(&bytes);
    let mut found = headers(&message);
    found.sort();
    let mut expected = HEADERS.map(str::to_lowercase).to_vec();
    expected.sort();
    assert_eq!(found, expected);
    let values = [
        ("Date", "Tue, 30 Mar 2027 02:00:00 +0000"),
        ("Message-ID", "<abcdefghijklmnopqrstuvwxyz@mail.kestrel.example>"),
        ("Reply-To", "ana@kestrel.example"),
        ("List-Id", "<customers.kestrel.example>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Feedback-ID", "wave7:invitation:kestrel:cam"),
        ("X-CAM-Ref", "234567abcdefghijklmnopqrst"),
        ("Content-Language", "en"),
    ];
    for (name, value) in values {
        assert_eq!(raw(&message, name), value, "{name}");
    }
    let unsubscribe = raw(&message, "List-Unsubscribe").split_whitespace().collect::<Vec<_>>().join(" ");
    let address = "unsubscribe+234567abcdefghijklmnopqrst@kestrel.example";
    assert_eq!(unsubscribe, format!("<{LINK}/stop>, <mailto:{address}?subject=unsubscribe>"));
    // An address that nobody reads would swallow the wish.
    let unread = Letter { unsubscribe_address: None, ..english() };
    let unread = compose(&unread, None).unwrap();
    assert_eq!(raw(&parse(&unread), "List-Unsubscribe").trim(), format!("<{LINK}/stop>"));
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    let part =
        |id: usize| message.part(u32::try_from(id).unwrap()).unwrap().content_type().unwrap().subtype();
    assert_eq!([part(1), part(2)], [Some("plain"), Some("html")], "text stands before HTML");
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    assert_eq!(compose(&chinese(), None).unwrap(), compose(&chinese(), None).unwrap());
}

#[test]
fn each_contract_says_its_own_sentence() {
    let mut seen = std::collections::BTreeSet::new();
    for contract in [Contract::Named, Contract::Confidential, Contract::Anonymous] {
        for letter in [english(), chinese()] {
            let bytes = compose(&Letter { contract, ..letter }, None).unwrap();
            let plain = parse(&bytes).body_text(0).unwrap().into_owned();
            assert!(seen.insert(plain));
        }
    }
    let bytes = compose(&poll(english()), None).unwrap();
    assert!(parse(&bytes).body_text(0).unwrap().contains("cannot be joined to you"));
}

#[test]
fn a_link_that_has_a_question_already_gets_the_score_behind_it() {
    let letter = Letter { answer_link: format!("{LINK}?l=en"), ..english() };
    let bytes = compose(&letter, None).unwrap();
    let plain = parse(&bytes).body_text(0).unwrap().into_owned();
    assert!(plain.contains(&format!("{LINK}?l=en&r=10")));
}

#[test]
fn markup_in_a_text_is_shown_and_not_obeyed() {
    let mut letter = english();
    letter.texts.greeting = "Dear <b onclick=x>\"Chen\" & sons,".into();
    letter.organisation.name = "<script>alert(1)</script>".into();
    let bytes = compose(&letter, None).unwrap();
    let message = parse(&bytes);
    let html = message.body_html(0).unwrap();
    assert!(!html.contains("<b onclick") && !html.contains("<script"), "{html}");
    assert!(message.body_text(0).unwrap().contains("Dear <b onclick=x>\"Chen\" & sons,"));
}

#[test]
fn what_cannot_be_written_is_refused_with_its_name() {
    let refused = |change: &dyn Fn(&mut Letter)| {
        let mut letter = english();
        change(&mut letter);
        compose(&letter, None).unwrap_err()
    };
    for sign in ['\r', '\n', '\0', '\u{7}', '\u{7F}', '\u{85}', '\u{2028}', '\u{202E}', '\u{2066}'] {
        let text = format!("Eve{sign}Bcc: all@kestrel.example");
        let errors = [
            refused(&|letter| letter.recipient.name.clone_from(&text)),
            refused(&|letter| letter.sender.name.clone_from(&text)),
            refused(&|letter| letter.texts.subject.clone_from(&text)),
            refused(&|letter| letter.organisation.name.clone_from(&text)),
        ];
        for error in errors {
            assert!(matches!(error, LetterError::Sign { sign: found, .. } if found == sign), "{error}");
        }
    }
    let encoded = refused(&|letter| letter.texts.subject = "=?utf-8?q?a=0D=0ABcc:?=".into());
    assert!(matches!(encoded, LetterError::EncodedWord("the subject")), "{encoded}");
    let empty = refused(&|letter| letter.texts.subject = "  ".into());
    assert!(matches!(empty, LetterError::Empty("the subject")), "{empty}");
    for link in [
        "http://s.kestrel.example/x",
        "https://",
        "javascript:alert(1)",
        "https://a b",
        "https://a>\r\nX: y",
        "http://localhost.evil.example/",
    ] {
        let error = refused(&|letter| letter.unsubscribe_link = link.into());
        assert!(matches!(error, LetterError::Link(_)), "{link}: {error}");
    }
    let address = refused(&|letter| letter.recipient.address = "a@b.example\r\nBcc: c@d.example".into());
    assert!(matches!(address, LetterError::Address(_)), "{address}");
    let list = refused(&|letter| letter.list_id = "a>\r\nX: y".into());
    assert!(matches!(list, LetterError::Identifier(_)), "{list}");
    let long = refused(&|letter| letter.recipient.name = "x".repeat(65_536));
    assert!(matches!(long, LetterError::TooLong { .. }), "{long}");
    let large = refused(&|letter| letter.texts.body = vec!["不".repeat(2_000); 8].join("\n\n"));
    assert!(matches!(large, LetterError::TooLarge(_)), "{large}");
    let wide = refused(&|letter| letter.score.as_mut().unwrap().high = 11);
    assert!(matches!(wide, LetterError::Score { low: 0, high: 11 }), "{wide}");
    for micros in [-1, i64::MAX] {
        let date = refused(&|letter| letter.date = Instant::from_micros(micros));
        assert!(matches!(date, LetterError::Date(_)), "{date}");
    }
}

#[test]
fn a_signature_covers_the_headers_that_stop_the_mails() {
    // The seed of RFC 8463 appendix A.2.
    let signer =
        Signer::ed25519("kestrel.example", "cam", "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").unwrap();
    let signed = compose(&english(), Some(&signer)).unwrap();
    let message = parse(&signed);
    let signature: String = raw(&message, "DKIM-Signature").split_whitespace().collect();
    for part in ["v=1;", "a=ed25519-sha256;", "d=kestrel.example;", "s=cam;", "c=relaxed/relaxed;"] {
        assert!(signature.contains(part), "{part} in {signature}");
    }
    let covered = signature.split("h=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let covered: Vec<_> = covered.split(':').collect();
    for name in ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"] {
        assert_eq!(covered.iter().filter(|entry| **entry == name).count(), 1, "{name}");
    }
    assert!(!covered.contains(&"content-type"), "the signer does not see it: the signature would not verify");
    let unsigned = compose(&english(), None).unwrap();
    assert_eq!(message.body_text(0), parse(&unsigned).body_text(0));
    assert!(Signer::ed25519("kestrel.example", "cam", "short").is_err());
    assert!(Signer::rsa("kestrel.example", "cam", "-----BEGIN").is_err());
}

/// Signs that have a meaning in headers, beside any other.
fn hostile() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        4 => any::<char>(),
        3 => prop::sample::select("\r\n\0\t \"\\<>@,;:()[]=?.\u{2028}\u{202E}\u{2066}\u{FEFF}\u{A0}\u{3000}'%".chars().collect::<Vec<_>>()),
        3 => prop::char::range('a', 'z'),
        2 => prop::char::range('\u{4E00}', '\u{4FFF}'),
    ];
    let word = prop_oneof![
        6 => prop::collection::vec(sign, 0..40).prop_map(|signs| signs.into_iter().collect::<String>()),
        1 => Just("\r\nBcc: all@kestrel.example\r\n".to_owned()),
        1 => Just("=?utf-8?b?DQpCY2M6IGE=?=".to_owned()),
        1 => Just("a,b <c@d.example>, ".to_owned()),
        1 => "[ -~]{0,120}",
    ];
    prop::collection::vec(word, 0..4).prop_map(|words| words.concat())
}

/// A name as it may come back: spaces twice in a row are one.
fn squeezed(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in names and subject, the mail has our headers, each once, and no other.
    #[test]
    fn a_name_or_subject_is_refused_or_reads_back_and_adds_no_header(
        name in hostile(), sender in hostile(), subject in hostile(), greeting in hostile(),
    ) {
        let mut letter = english();
        letter.recipient.name.clone_from(&name);
        letter.sender.name.clone_from(&sender);
        letter.texts.subject.clone_from(&subject);
        letter.texts.greeting = format!("{greeting}x");
        let bytes = match compose(&letter, None) {
            Ok(bytes) => bytes,
            Err(LetterError::Sign { .. } | LetterError::EncodedWord(_) | LetterError::TooLong { .. } | LetterError::Empty(_)) => {
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let message = parse(&bytes);
        let mut found = headers(&message);
        found.sort();
        let mut expected = HEADERS.map(str::to_lowercase).to_vec();
        expected.sort();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(message.subject().unwrap_or_default(), squeezed(&subject));
        let to = message.to().unwrap();
        prop_assert_eq!(to.iter().count(), 1);
        prop_assert_eq!(to.first().unwrap().address(), Some("chen@haoda.example"));
        prop_assert_eq!(to.first().unwrap().name().unwrap_or_default(), squeezed(&name));
        let from = message.from().unwrap();
        prop_assert_eq!(from.iter().count(), 1);
        prop_assert_eq!(from.first().unwrap().name().unwrap_or_default(), squeezed(&sender));
        prop_assert!(!matches!(message.header("Bcc"), Some(HeaderValue::Address(_))));
    }
}

/// Writes the letters of this file to a folder: `CAM_TEST_LETTERS=DIR cargo test --test letter -- --ignored write`.
#[test]
#[ignore = "writes files to look at"]
fn write_the_letters_to_look_at() {
    let folder = std::env::var_os("CAM_TEST_LETTERS").expect("name a folder");
    let folder = std::path::Path::new(&folder);
    let seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let signer = Signer::ed25519("kestrel.example", "cam", seed).unwrap();
    let letters = [
        ("en", english()),
        ("zh-Hans", chinese()),
        ("poll.en", poll(english())),
        ("poll.zh-Hans", poll(chinese())),
    ];
    for (name, letter) in letters {
        let bytes = compose(&letter, Some(&signer)).unwrap();
        let message = parse(&bytes);
        std::fs::write(folder.join(format!("{name}.html")), message.body_html(0).unwrap().as_bytes())
            .unwrap();
        std::fs::write(folder.join(format!("{name}.txt")), message.body_text(0).unwrap().as_bytes()).unwrap();
        std::fs::write(folder.join(format!("{name}.eml")), &bytes).unwrap();
    }
}
