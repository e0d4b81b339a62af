//! How the systems that report and answer write: data for reports without a machine-readable part.
//!
//! Everything is in lower case with single spaces, as `reason::plain` makes it.

/// Local parts of senders that report.
pub(super) const DAEMONS: &[&str] = &[
    "mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon", "mdaemon", "daemon", "mailer", "mail-delivery", "bounce", "bounces", "mailer_daemon", "poostmaster",
];

/// Names under which they write.
pub(super) const DAEMON_NAMES: &[&str] = &[
    "mail delivery", "system administrator", "mail administrator", "mailer-daemon", "postmaster", "systemadministrator", "邮件系统", "系统退信", "邮件投递",
];

/// Fields that only a delivery report has.
pub(super) const FAILED_FIELDS: &[&str] = &["x-failed-recipients", "x-actual-recipients", "x-bounce-diagnostic", "x-ms-exchange-message-is-ndr"];

/// Subjects of reports.
pub(super) const SUBJECTS: &[&str] = &[
    "undeliver", "non-deliver", "nondeliver", "not delivered", "delivery fail", "delivery has failed", "delivery status", "delivery notification", "delivery report", "delivery problem", "delivery error", "delivery failure", "delivery unsuccess",
    "failure notice", "failure delivery", "mail failure", "mail delivery", "message delivery", "returned mail", "return mail", "returned to sender", "returning message", "return to sender", "mail system error", "mail could not be delivered", "could not be delivered", "couldn't be delivered",
    "unable to deliver", "undelivered", "message status", "mail error", "message you sent blocked", "mta-blocked", "loop alert", "bounced", "rejected mail", "postmaster notify", "warning: message", "warning: could not send", "delayed mail", "user unknown", "email delivery",
    "退信", "投递失败", "发送失败", "投遞失敗", "无法投递", "無法投遞", "无法送达", "未能送达", "投递状态", "系统退信", "邮件被退回",
    "unzustellbar", "nicht zustellbar", "zustellung fehlgeschlagen", "nachricht konnte nicht", "rückläufer", "übermittlungsfehler",
    "non remis", "non distribu", "échec de la remise", "échec de remise", "message non délivré",
    "no se puede entregar", "no entregado", "no entregable", "error de entrega", "non recapitabile", "mancata consegna", "não entregue", "não foi possível entregar", "недоставлен", "не доставлен", "nie dostarczon", "onbestelbaar",
    "配信不能", "送信できません", "配信できません", "配信エラー", "エラーメール", "未配達", "送信エラー",
];

/// Sentences of reports. One of them says that a message did not arrive.
pub(super) const SENTENCES: &[&str] = &[
    "could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered", "can not be delivered", "was not delivered", "wasn't delivered", "not delivered to", "could not deliver", "couldn't deliver", "could not be sent", "was undeliverable", "undeliverable to", "is undeliverable",
    "not be delivered", "unable to deliver", "not able to deliver", "wasn't able to deliver", "failed to deliver", "delivery failed", "delivery has failed", "delivery to the following", "delivery problems", "deliver your message", "delivering your mail", "deliver a message", "failed to these recipients",
    "did not reach the following", "did not reach some", "could not be reached", "permanent fatal errors", "fatal errors", "transient non-fatal errors", "transcript of session", "was not relayed", "failed permanently", "following address failed", "address(es) failed", "has been delayed", "is delayed for more than",
    "not yet been delivered", "have not yet received", "rejected your message", "message was rejected", "rejected by a remote", "has been returned", "being returned", "is being returned to", "failure reasons", "user(s) account is disabled", "did not receive this message", "as their mailbox is full", "unknown user", "invalid final delivery",
    "reason for the problem", "non-deliverable", "delivery failure", "duplicated message-id in", "following recipients were affected", "may not exist, or you may not have permission", "incorrectly constructed", "returned to sender", "error transferring",
    "无法投递", "投递失败", "发送失败", "退信原因", "无法送达", "未能送达", "无法发送到", "被退回", "退回", "無法投遞", "投遞失敗", "收件人地址不存在",
    "nicht zugestellt", "konnte nicht übermittelt", "nicht zustellen", "fehlgeschlagen", "non distribu", "pas pu être", "échec de la remise", "n'a pas pu", "no se pudo entregar", "no se ha podido entregar", "non è stato possibile", "não pôde ser entregue", "не может быть", "не было доставлено", "не удалось доставить",
    "配信できません", "送信できません", "送信に失敗", "届けることができません", "お届けできません", "配信に失敗", "届きません",
];

/// Words, of subjects and texts, of reports that a message is late and still being tried.
pub(super) const DELAYS: &[&str] = &[
    "(delay)", "warning message only", "warning only", "has been delayed", "is delayed for more than", "delivery delayed", "delivery delay", "delayed mail", "not yet been delivered", "have not yet received", "delay reason", "still being retried", "will be retried until", "continue trying", "will keep trying", "delivery attempts will continue", "delayed 24 hours", "delayed 4 hours", "temporary failure report", "could not send message for past",
    "投递延迟", "延迟投递", "继续尝试", "verzögert", "verspätet", "retardé", "différée", "demorado", "retrasado", "遅延", "задерж",
];

/// Words by which a report says that it is over although it also speaks of delay.
pub(super) const GIVEN_UP: &[&str] = &["giving up", "given up", "will be deleted from queue", "not going to try again", "permanent error", "failed permanently", "no further delivery attempts"];

/// What stands before the copy of the message in reports that carry it as text.
pub(super) const COPY_MARKS: &[&str] = &[
    "below this line is a copy", "this is a copy of", "copy of the message", "copy of your message", "header of the original", "headers of the original", "original message follows", "original message headers", "original message header", "message headers follow", "unsent message follows", "message header follows", "original message ---", "original mail info", "original mail as follows",
    "--original message", "returned message ---", "copy of the original message", "original text follows", "message text follows", "message contents follow", "returned message follows", "原邮件", "原始邮件", "元のメール", "ursprüngliche nachricht", "originalnachricht", "message d'origine",
];

/// Subjects of automatic replies, at the beginning or after a mark such as `Re:`.
pub(super) const AUTO_SUBJECTS: &[&str] = &[
    "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse", "autorespons", "automatic reply", "automatic response", "automated reply", "automated response", "auto:", "out of office", "out of the office", "out-of-office", "ooo:", "ooo ", "on vacation", "vacation reply", "vacation:", "away from", "i am away", "away until", "on leave", "on holiday", "annual leave", "maternity leave", "parental leave", "absence",
    "自动回复", "自動回覆", "自动答复", "自動回復", "自动应答", "休假", "假期", "外出", "不在办公室", "出差", "年假", "产假",
    "automatische antwort", "abwesenheit", "abwesend", "außer haus", "ausser haus", "nicht im büro", "im urlaub", "urlaubs", "automatische rückantwort", "elternzeit",
    "réponse automatique", "absence du bureau", "absent du bureau", "absent(e)", "message d'absence", "en congé", "en vacances", "hors du bureau",
    "自動返信", "自動応答", "不在", "休暇", "夏季休業",
    "respuesta automática", "fuera de la oficina", "fuera de oficina", "risposta automatica", "fuori sede", "fuori ufficio", "resposta automática", "ausência", "автоматический ответ", "автоответ", "automatisch antwoord", "afwezig", "automatyczna odpowiedź", "automatiskt svar", "autosvar", "otomatik yanıt", "자동 회신", "부재중",
];

/// Marks of an answer or of passing on, in front of a subject.
pub(super) const ANSWER_MARKS: &[&str] = &["re:", "aw:", "sv:", "vs:", "antw:", "rv:", "回复:", "回复：", "答复:", "答复：", "回覆:", "返信:", "rép:", "ynt:"];

/// Marks of passing on.
pub(super) const FORWARD_MARKS: &[&str] = &["fw:", "fwd:", "wg:", "tr:", "转发:", "转发：", "轉寄:", "i:", "転送:"];
