//! The return path on mails made up for it: reports of many systems and languages, complaints, automatic
//! replies, people.

use cam::mail::inbound::{self, Feedback, Kind, Progress, Reason, References, Strength};

/// A reference as they are issued: 26 letters of base32.
const REFERENCE: &str = "k7v2xq4mzt3bd6hjw5ncyarsfp";

/// Another one.
const OTHER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaa2";

/// Whom the message was for in every case.
const PERSON: &str = "lin.wei@kunde.example";

/// What is expected of a report.
enum Expect {
    Hard(Reason, &'static str),
    Soft(Reason, &'static str),
    Delayed(Reason, &'static str),
}
use Expect::{Delayed, Hard, Soft};

/// Joins a header and a body.
fn mail(header: &str, body: &str) -> Vec<u8> {
    let header = header.replace('|', "\r\n");
    format!("To: <b+{REFERENCE}@bounce.cam.example>\r\n{header}\r\n\r\n{}", body.replace('\n', "\r\n"))
        .into_bytes()
}

/// The header of the message that comes back.
fn returned() -> String {
    format!(
        "Return-Path: <b+{REFERENCE}@bounce.cam.example>\nFrom: Survey <survey@cam.example>\nTo: <{PERSON}>\n\
         Message-ID: <{OTHER}@cam.example>\nX-CAM-Ref: {REFERENCE}\nSubject: Four questions\n"
    )
}

/// A report as RFC 3464 has it; `group` is what it says about the recipient.
fn report(words: &str, group: &str) -> Vec<u8> {
    let group = group.replace('|', "\n");
    mail(
        "From: MAILER-DAEMON@mx.example|Subject: Undelivered Mail Returned to Sender|\
         Auto-Submitted: auto-replied|\
         MIME-Version: 1.0|Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_x\"",
        &format!(
            "--=_x\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n--=_x\n\
             Content-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.example\n\n{group}\n\n--=_x\nContent-Type: text/rfc822-headers\n\n{}\n\
             --=_x--\n",
            returned()
        ),
    )
}

/// A report in words alone, with the copy of the message behind `mark`.
fn words(from: &str, subject: &str, body: &str, mark: &str) -> Vec<u8> {
    mail(&format!("From: {from}|Subject: {subject}"), &format!("{body}\n\n{mark}\n\n{}\nHello\n", returned()))
}

/// The usual recipient, failed, with a status and what the host said.
fn failed(status: &str, said: &str) -> Vec<u8> {
    let group = format!(
        "Final-Recipient: rfc822; {PERSON}|Action: failed|Status: {status}|Diagnostic-Code: smtp; {said}"
    );
    report("Your message could not be delivered.", &group)
}

#[track_caller]
fn check(name: &str, raw: &[u8], expect: &Expect) {
    let inbound = inbound::read(raw);
    let (failure, reason, code, fits) = match (&inbound.kind, expect) {
        (Kind::Bounce { strength, failure }, Hard(reason, code)) => {
            (failure, reason, code, *strength == Strength::Hard)
        }
        (Kind::Bounce { strength, failure }, Soft(reason, code)) => {
            (failure, reason, code, *strength == Strength::Soft)
        }
        (Kind::Delayed(failure), Delayed(reason, code)) => (failure, reason, code, true),
        (kind, _) => panic!("{name}: {kind:?}"),
    };
    assert!(fits, "{name}: {:?}", inbound.kind);
    assert_eq!(failure.reason, *reason, "{name}: {failure:?}");
    assert_eq!(failure.code.map(|code| code.to_string()).unwrap_or_default(), *code, "{name}");
    assert_eq!(failure.recipient.as_deref(), Some(PERSON), "{name}");
    assert!(inbound.references.envelope.contains(REFERENCE), "{name}");
    assert!(inbound.references.header.contains(REFERENCE), "{name}");
    assert!(inbound.references.message_id.contains(OTHER), "{name}");
}

#[test]
fn what_a_host_says_with_its_code_decides() {
    let cases = [
        (
            "5.1.1",
            "550 5.1.1 <lin.wei@kunde.example>: Recipient address rejected: User unknown in virtual mailbox table",
            Hard(Reason::UserUnknown, "5.1.1"),
        ),
        (
            "5.0.0",
            "550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 gsmtp",
            Hard(Reason::UserUnknown, "5.1.1"),
        ),
        (
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            Hard(Reason::UserUnknown, "5.1.10"),
        ),
        ("5.1.2", "550 5.1.2 Host unknown", Hard(Reason::HostUnknown, "5.1.2")),
        (
            "5.4.4",
            "Host or domain name not found. Name service error for name=kunde.example type=A: Host not found",
            Hard(Reason::HostUnknown, "5.4.4"),
        ),
        ("5.1.6", "551 5.1.6 user has moved", Hard(Reason::Moved, "5.1.6")),
        ("5.1.10", "556 5.1.10 Domain returned null MX", Hard(Reason::NoMailHere, "5.1.10")),
        ("5.3.2", "521 5.3.2 Server does not accept mail", Hard(Reason::NoMailHere, "5.3.2")),
        ("5.3.2", "554 5.3.2 System not accepting network messages", Soft(Reason::System, "5.3.2")),
        ("5.7.27", "550 5.7.27 Sender address has null MX", Soft(Reason::Policy, "5.7.27")),
        ("5.2.2", "552 5.2.2 mailbox is full", Soft(Reason::MailboxFull, "5.2.2")),
        ("5.1.1", "552 5.1.1 sorry, that mailbox is over quota", Soft(Reason::MailboxFull, "5.1.1")),
        (
            "5.2.1",
            "550 5.2.1 The email account that you tried to reach is disabled",
            Soft(Reason::Disabled, "5.2.1"),
        ),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", Soft(Reason::TooBig, "5.3.4")),
        ("5.7.1", "550 5.7.1 Message rejected due to local policy", Soft(Reason::Policy, "5.7.1")),
        (
            "5.7.26",
            "550 5.7.26 Unauthenticated email is not accepted due to DMARC policy",
            Soft(Reason::Authentication, "5.7.26"),
        ),
        (
            "5.7.1",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a block list",
            Soft(Reason::Reputation, "5.7.1"),
        ),
        ("5.7.1", "550 5.7.1 This message looks like spam", Soft(Reason::Spam, "5.7.1")),
        ("5.7.1", "554 5.7.1 Relay access denied", Soft(Reason::Relaying, "5.7.1")),
        (
            "4.4.1",
            "connect to mx.kunde.example[192.0.2.3]:25: Connection timed out",
            Soft(Reason::Expired, "4.4.1"),
        ),
        ("4.4.3", "450 4.4.3 no such domain at the moment", Soft(Reason::HostUnknown, "4.4.3")),
        ("5.4.6", "554 5.4.6 Too many hops", Soft(Reason::Network, "5.4.6")),
        ("5.6.0", "552 5.6.0 Headers too large", Soft(Reason::Protocol, "5.6.0")),
        ("5.3.0", "554 5.3.0 Internal system error", Soft(Reason::System, "5.3.0")),
        (
            "5.1.8",
            "553 5.1.8 Domain of sender address survey@cam.example does not exist",
            Soft(Reason::Policy, "5.1.8"),
        ),
        (
            "5.0.0",
            "550 Connection frequency limited. http://service.mail.qq.com/",
            Soft(Reason::RateLimited, "5.0.0"),
        ),
        ("5.0.0", "554 DT:SPM 163 smtp9, please see http://mail.163.com/help", Soft(Reason::Spam, "5.0.0")),
        ("5.0.0", "550 收件人不存在", Soft(Reason::Filtered, "5.0.0")),
        ("5.1.1", "550 5.1.1 用户不存在", Hard(Reason::UserUnknown, "5.1.1")),
    ];
    for (status, said, expect) in cases {
        check(said, &failed(status, said), &expect);
    }
}

#[test]
fn a_report_of_a_delay_is_no_bounce() {
    let group = format!(
        "Final-Recipient: rfc822; {PERSON}|Action: delayed|Status: 4.4.1|\
         Diagnostic-Code: smtp; 421 4.4.1 connection timed out|Will-Retry-Until: Mon, \
         30 Nov 2026 09:00:00 +0000"
    );
    check("delayed", &report("THIS IS A WARNING ONLY.", &group), &Delayed(Reason::Expired, "4.4.1"));
    let body = format!(
        "A message that you sent has not yet been delivered to one or more of its\n\
         recipients after more than 24 hours on the queue.\n\
         \n  {PERSON}\n    Delay reason: 450 4.2.0 greylisted, try again later\n\n\
         No action is required on your part."
    );
    let raw = words(
        "Mailer-Daemon@mx.example",
        "Warning: message 1abc delayed 24 hours",
        &body,
        "------ This is a copy of the message. ------",
    );
    check("delayed in words", &raw, &Delayed(Reason::Network, "4.2.0"));
}

#[test]
fn a_report_of_success_is_no_bounce() {
    let cases = [
        ("delivered", Progress::Delivered),
        ("relayed", Progress::Relayed),
        ("expanded", Progress::Expanded),
    ];
    for (action, progress) in cases {
        let raw =
            report("Fine.", &format!("Final-Recipient: rfc822; {PERSON}|Action: {action}|Status: 2.0.0"));
        assert_eq!(inbound::read(&raw).kind, Kind::Progress(progress));
    }
}

#[test]
fn a_rewritten_address_is_named_as_it_was_written_to() {
    let group = format!(
        "Original-Recipient: rfc822;{PERSON}|Final-Recipient: rfc822;u1234@backend.internal|\
         Action: failed|Status: 5.1.1"
    );
    check("rewritten", &report("No.", &group), &Hard(Reason::UserUnknown, "5.1.1"));
}

#[test]
fn an_address_that_stands_for_several_is_gone_only_if_all_are() {
    let one = |address: &str, status: &str| {
        format!("Final-Recipient: rfc822; {address}|Action: failed|Status: {status}|")
    };
    let gone = report("No.", &(one(PERSON, "5.1.1") + "|" + &one("b@kunde.example", "5.1.1")));
    check("both gone", &gone, &Hard(Reason::UserUnknown, "5.1.1"));
    let full = report("No.", &(one("b@kunde.example", "5.1.1") + "|" + &one(PERSON, "5.2.2")));
    check("one full", &full, &Soft(Reason::MailboxFull, "5.2.2"));
    let delivered = format!(
        "{}|Final-Recipient: rfc822; b@kunde.example|Action: delivered|Status: 2.1.5",
        one(PERSON, "5.1.1")
    );
    check("one delivered", &report("No.", &delivered), &Soft(Reason::UserUnknown, "5.1.1"));
}

/// Reports in words: name, sender, subject, words about `{p}`, the mark before the copy, what is expected.
const IN_WORDS: &[(&str, &str, &str, &str, &str, Expect)] = &[
    (
        "qmail",
        "MAILER-DAEMON@mx.example",
        "failure notice",
        "Hi. This is the qmail-send program at mx.example.\n\
        I'm afraid I wasn't able to deliver your message to the following addresses.\n\n<{p}>:\n\
        192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\
        Giving up on 192.0.2.1.",
        "--- Below this line is a copy of the message.",
        Hard(Reason::UserUnknown, "5.1.1"),
    ),
    (
        "qmail without a code",
        "MAILER-DAEMON@mx.example",
        "failure notice",
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n<{p}>:\n\
        Sorry, no mailbox here by that name. (#5.1.1)",
        "--- Below this line is a copy of the message.",
        Hard(Reason::UserUnknown, "5.1.1"),
    ),
    (
        "exim",
        "Mailer-Daemon@mx.example",
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its\n\
        recipients. This is a permanent error. The following address(es) failed:\n\n  {p}\n\
        \x20   SMTP error from remote mail server after RCPT TO:<{p}>:\n\
        \x20   host mx [192.0.2.1]: 550 User unknown",
        "------ This is a copy of the message, including all the headers. ------",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "exim at the end of the data",
        "Mailer-Daemon@mx.example",
        "Mail delivery failed",
        "The following address(es) failed:\n\n  {p}\n\
        \x20   SMTP error from remote mail server after end of data:\n    550 User unknown\n\n\
        It could not be delivered.",
        "------ This is a copy of the message, including all the headers. ------",
        Soft(Reason::Filtered, ""),
    ),
    (
        "exim without a route",
        "Mailer-Daemon@mx.example",
        "Mail delivery failed",
        "A message that you sent could not be delivered. The following address(es) failed:\n\n\
        \x20 {p}\n    all relevant MX records point to non-existent hosts\n\
        \x20   Unrouteable mail domain",
        "------ This is a copy of the message ------",
        Hard(Reason::HostUnknown, ""),
    ),
    (
        "exchange",
        "System Administrator <postmaster@kunde.example>",
        "Undeliverable: Four questions",
        "Your message did not reach some or all of the intended recipients.\n\n\
        The following recipient(s) could not be reached:\n\n      {p} on 25.11.2026 09:00\n\
        \x20           The e-mail account does not exist at the organization this message was sent to.",
        "------ Original message follows",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "notes",
        "postmaster@kunde.example",
        "DELIVERY FAILURE: User lin.wei not listed in Domino Directory",
        "Your message\n\n  Subject: Four questions\n\nwas not delivered to:\n\n  {p}\n\nbecause:\n\
        \n  User lin.wei not listed in Domino Directory",
        "Original message follows.",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "old postfix",
        "MAILER-DAEMON@mx.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "I'm sorry to have to inform you that the message returned\n\
        below could not be delivered to one or more destinations.\n\n\
        <{p}>: host mx[192.0.2.1] said: 452 4.2.2 Over quota\n    (in reply to RCPT TO command)",
        "Returned message follows",
        Soft(Reason::MailboxFull, "4.2.2"),
    ),
    (
        "sendmail",
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
        "Returned mail: see transcript for details",
        "   ----- The following addresses had permanent fatal errors -----\n<{p}>\n\
        \x20   (reason: 550 5.1.1 <{p}>... User unknown)\n\n\
        \x20  ----- Transcript of session follows -----\n... while talking to mx.kunde.example.:\n\
        >>> RCPT To:<{p}>\n<<< 550 5.1.1 <{p}>... User unknown",
        "----- Original message follows -----",
        Hard(Reason::UserUnknown, "5.1.1"),
    ),
    (
        "a german provider",
        "mailer-daemon@kundenserver.example",
        "Unzustellbar: Vier Fragen",
        "Die folgende Nachricht konnte nicht zugestellt werden:\n\n<{p}>\n\n\
        Der Empfänger ist unbekannt.",
        "--- The header of the original message is following. ---",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "a full german mailbox",
        "postmaster@kunde.example",
        "Zustellung fehlgeschlagen",
        "Ihre Nachricht konnte nicht zugestellt werden an:\n{p}\nDas Postfach ist voll.",
        "--- Originalnachricht ---",
        Soft(Reason::MailboxFull, ""),
    ),
    (
        "a french one",
        "postmaster@client.example",
        "Non remis : Quatre questions",
        "Échec de la remise pour ces destinataires ou groupes :\n\n{p}\n\
        L'adresse de messagerie est introuvable.",
        "--- Message d'origine ---",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "a japanese one",
        "Mail System Administrator <postmaster@kunde.example>",
        "配信エラーのお知らせ",
        "以下の宛先に配信できませんでした。\n\n<{p}>\n\n宛先のメールアドレスは存在しません。",
        "--- original message ---",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "netease",
        "Postmaster@163.example",
        "系统退信",
        "抱歉，您的邮件被退回来了……\n\n收件人：\n{p}\n\n退信原因：\n\
        收件人地址不存在，请核对。 SMTP error, RCPT TO: 550 User not found",
        "原邮件",
        Hard(Reason::UserUnknown, ""),
    ),
    (
        "a full box at qq",
        "PostMaster@qq.example",
        "来自qq.com的退信",
        "很抱歉您发送的邮件被退回，以下是该邮件的相关信息：\n\n收件人：\n{p}\n\n退信原因：\n收件人邮箱空间不足，邮箱已满。",
        "原邮件",
        Soft(Reason::MailboxFull, ""),
    ),
];

#[test]
fn reports_in_words_alone_are_understood() {
    for (name, from, subject, body, mark, expect) in IN_WORDS {
        check(name, &words(from, subject, &body.replace("{p}", PERSON), mark), expect);
    }
}

#[test]
fn a_report_in_gbk_is_read_by_its_charset() {
    let text =
        format!("您的邮件无法投递到以下收件人：\n\n{PERSON}\n\n原因：用户不存在\n\n原邮件\n\n{}", returned());
    let (bytes, _, _) = encoding_rs::GBK.encode(&text);
    for kind in ["text/plain; charset=gbk", "text/plain; charset=\"GB2312\"", "text/plain"] {
        // 退信通知 in an encoded word of GBK.
        let head = mail(
            &format!("From: postmaster@kunde.example|Subject: =?gbk?B?zcvQxc2o1qo=?=|Content-Type: {kind}"),
            "",
        );
        check(kind, &[head.as_slice(), &bytes].concat(), &Hard(Reason::UserUnknown, ""));
    }
}

#[test]
fn encoded_html_and_an_encoded_copy_are_read() {
    use base64::Engine as _;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let page = format!(
        "<html><body><p>很抱歉您发送的邮件被退回。</p><div>{PERSON}</div><p>用户不存在</p></body></html>"
    );
    let (page, _, _) = encoding_rs::GBK.encode(&page);
    let body = format!(
        "--x\nContent-Type: text/html; charset=gb18030\nContent-Transfer-Encoding: base64\n\n{}\n\
         --x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{}\n--x--\n",
        base64(&page),
        base64(format!("{}\nHello\n", returned()).as_bytes()),
    );
    let raw =
        mail("From: PostMaster@qq.example|Subject: bounce|Content-Type: multipart/mixed; boundary=x", &body);
    check("encoded", &raw, &Hard(Reason::UserUnknown, ""));
}

#[test]
fn complaints_come_before_everything_else() {
    let feedback = |kind: &str, rcpt: &str| {
        mail(
            "From: fbl@provider.example|Subject: FW: Four questions|MIME-Version: 1.0|\
             Content-Type: multipart/report; report-type=feedback-report; boundary=x",
            &format!(
                "--x\n\nA complaint.\n\n--x\nContent-Type: message/feedback-report\n\n\
                 Feedback-Type: {kind}\nUser-Agent: P/1\nVersion: 1\n\
                 Original-Mail-From: <b+{REFERENCE}@bounce.cam.example>\n{rcpt}\n--x\n\
                 Content-Type: message/rfc822\n\n{}\nHello\n--x--\n",
                returned()
            ),
        )
    };
    let cases = [
        ("abuse", Feedback::Abuse, true),
        ("fraud", Feedback::Fraud, true),
        ("opt-out", Feedback::OptOut, true),
        ("auth-failure", Feedback::Authentication, false),
        ("not-spam", Feedback::NotSpam, false),
    ];
    for (kind, expected, suppresses) in cases {
        let inbound = inbound::read(&feedback(kind, "Original-Rcpt-To: redacted"));
        let Kind::Complaint(complaint) = inbound.kind else { panic!("{kind}") };
        assert_eq!((complaint.feedback, complaint.feedback.suppresses()), (expected, suppresses));
        assert_eq!(
            complaint.recipient.as_deref(),
            Some(PERSON),
            "from the returned message, for the report is blackened"
        );
        assert!(inbound.references.envelope.contains(REFERENCE));
    }
    let raw = mail(&format!("From: <{PERSON}>|Subject: unsubscribe"), "");
    assert!(
        matches!(inbound::read(&raw).kind, Kind::Complaint(complaint) if complaint.feedback == Feedback::OptOut)
    );
}

#[test]
fn automatic_replies_are_told_from_people() {
    let subjects = [
        "Automatic reply: Four questions",
        "Out of Office: Four questions",
        "Auto: away until Monday",
        "自动回复: 四个问题",
        "我正在休假",
        "=?gbk?B?19S2r7vYuLQ=?=",
        "Automatische Antwort: Vier Fragen",
        "Abwesenheitsnotiz",
        "Réponse automatique : Quatre questions",
        "Absence du bureau",
        "自動返信: 四つの質問",
        "【不在通知】",
    ];
    for subject in subjects {
        let raw = mail(
            &format!("From: <{PERSON}>|Subject: {subject}|Content-Type: text/plain; charset=utf-8"),
            "Back soon.",
        );
        assert_eq!(inbound::read(&raw).kind, Kind::AutoReply, "{subject}");
    }
    let fields = [
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "X-Auto-Response-Suppress: All",
        "Return-Path: <>",
    ];
    for field in fields {
        let raw = mail(
            &format!("From: <{PERSON}>|Subject: Re: Four questions|{field}"),
            "I am away. Your mail will not be delivered to me before 5.1.2027.",
        );
        assert_eq!(inbound::read(&raw).kind, Kind::AutoReply, "{field}");
    }
}

#[test]
fn what_people_write_is_a_reply() {
    let cases = [
        ("Re: Four questions", "Thanks, I answered."),
        (
            "Re: Undelivered Mail Returned to Sender",
            "Your first mail could not be delivered, this one arrived.\n\n> 550 5.1.1 user unknown\n",
        ),
        (
            "Fwd: failure notice",
            "Is this yours?\n\nHi. This is the qmail-send program. \
             I wasn't able to deliver your message to the following addresses.\n\
             <x@y.example>: 550 5.1.1 no such user",
        ),
        ("Re: Automatic reply: Four questions", "You wrote that you are away?"),
        ("回复: 四个问题", "已经回答了，谢谢。"),
        ("Mailbox full?", "My mailbox was full last week, could you send the link again?"),
    ];
    for (subject, body) in cases {
        let raw = mail(
            &format!(
                "From: <{PERSON}>|Auto-Submitted: no|Subject: {subject}|\
                 Content-Type: text/plain; charset=utf-8"
            ),
            body,
        );
        assert_eq!(inbound::read(&raw).kind, Kind::Reply, "{subject}");
    }
}

#[test]
fn without_a_machine_behind_it_nothing_is_hard() {
    let raw = mail(
        &format!("From: <{PERSON}>|Subject: Undelivered Mail Returned to Sender"),
        &format!(
            "Your message could not be delivered.\n<someone@kunde.example>: 550 5.1.1 user unknown\n{}",
            returned()
        ),
    );
    assert!(!matches!(inbound::read(&raw).kind, Kind::Bounce { strength: Strength::Hard, .. }));
}

#[test]
fn only_26_letters_of_base32_are_a_reference() {
    let good = REFERENCE.to_uppercase();
    let raw = format!(
        "To: <B+{good}@bounce.cam.example>, <b-{OTHER}@bounce.cam.example>, <b+{REFERENCE}a@x.example>, \
         <b+{}@x.example>, <c+{REFERENCE}@x.example>, <b+{}1@x.example>\r\n\
         Received: from a by b for <b+bbbbbbbbbbbbbbbbbbbbbbbbb3@bounce.cam.example>; Wed, 25 Nov 2026\r\n\
         In-Reply-To: <{REFERENCE}@cam.example> <short@cam.example>\r\nSubject: Re: x\r\n\r\n\
         X-CAM-Ref: {REFERENCE} and more\r\n",
        &REFERENCE[1..],
        &REFERENCE[1..],
    );
    let found = inbound::read(raw.as_bytes()).references;
    let set = |references: &[&str]| references.iter().map(|&reference| reference.to_owned()).collect();
    let envelope = set(&[REFERENCE, OTHER, "bbbbbbbbbbbbbbbbbbbbbbbbb3"]);
    assert_eq!(found, References { envelope, header: set(&[]), message_id: set(&[REFERENCE]) });
}

#[test]
fn a_mail_without_any_reference_names_none() {
    let raw = b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n<a@b.example>: 550 5.1.1 unknown\n";
    assert!(inbound::read(raw).references.is_empty());
}

#[test]
fn hostile_mails_take_bounded_work_and_never_panic() {
    let nested = |kind: &str| format!("Content-Type: {kind}; boundary=x\n\n--x\n").repeat(40_000);
    let hostile = [
        String::new(),
        "\n\n\n".into(),
        nested("multipart/mixed"),
        nested("multipart/digest"),
        "Content-Type: message/rfc822\n\n".repeat(40_000),
        "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--\n".into(),
        "@".repeat(500_000),
        "a@b ".repeat(300_000),
        "<".repeat(500_000),
        format!("Subject: {}\n\nx", "=?utf-8?B?".repeat(50_000)),
        format!("Content-Type: text/html\n\n{}", "<a ".repeat(300_000)),
        format!(
            "Content-Type: message/delivery-status\n\n{}",
            "Final-Recipient: rfc822; a@b.c\nAction: failed\n\n".repeat(20_000)
        ),
        format!("Content-Type: {}\n\n", "a; b=c".repeat(100_000)),
    ];
    let start = std::time::Instant::now();
    for raw in hostile {
        inbound::read(raw.as_bytes());
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn what_follows_the_first_megabyte_is_not_read() {
    let mut raw =
        format!("From: <{PERSON}>\nSubject: Re: x\n\n{}", "a b\n".repeat(inbound::LARGEST_MAIL / 4))
            .into_bytes();
    raw.extend(format!("\nX-CAM-Ref: {REFERENCE}\n").bytes());
    assert_eq!(inbound::read(&raw).references, References::default());
}
