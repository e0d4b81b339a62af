//! What hosts say when they refuse a message, and what they mean by it.
//!
//! Data, not code. A phrase is in lower case with single spaces; `*` stands for up to forty letters. The first row that
//! fits decides, so the telling ones come first: a host that says that the user is unknown because of a block list
//! means the block list.

use super::Reason::{
    Authentication, Disabled, Expired, Filtered, HostUnknown, MailboxFull, Moved, Network, NoMailHere, Policy,
    Protocol, RateLimited, Relaying, Reputation, Spam, System, TooBig, UserUnknown,
};
use super::Reason;

/// Phrases by reason, in the order in which they are tried.
pub(super) const REASONS: &[(Reason, &[&str])] = &[
    (
        Authentication,
        &[
            "dmarc", "dkim", "spf record", "spf check", "sender policy framework", "spf fail", "failed spf",
            "unauthenticated email", "authentication checks failed", "arc validation", "sender id (pra)",
            "per it's spf", "bad spf", "spf.pobox.com", "spf validation", "spf =", "spf:",
        ],
    ),
    (NoMailHere, &["null mx", "does not accept mail", "doesn't receive email according", "not accepting network messages", "nullmx"]),
    (
        Reputation,
        &[
            "ptr record", "ptr resource", "reverse dns", "rdns", "reverse lookup", "ip name lookup failed", "unverifyable sending",
            "cannot find your hostname", "cannot resolve your address", "client host rejected", "mismatches client ip",
            "fix reverse", "blacklist", "blocklist", "block list", "blocked using", "blocked by", "dnsbl", "rbl", "spamhaus",
            "spamcop", "barracudacentral", "sorbs", "poor reputation", "bad reputation", "low reputation", "reputation of",
            "open relay", "invalid ip for sending", "your ip", "ip address has been", "access from ip", "dynamic ip",
            "banned sending ip", "senderbase", "proofpoint.com/dnsbl", "connection refused by policy", "user complaints",
            "insecure mail relay", "client host * blocked", "use the smtp server of your isp",
            "发信ip", "信誉", "黑名单", "拒绝连接",
        ],
    ),
    (
        RateLimited,
        &[
            "too many messages", "too many connections", "rate limit", "rate-limit", "ratelimit", "throttl", "try again later * too",
            "frequency limited", "sending quota", "relay quota", "daily quota", "daily sending", "daily relay",
            "message rate", "too fast", "too many recipients", "unexpected volume", "unusual rate", "receiving mail at a rate",
            "too many emails", "mi:dmc", "rp:drc", "mi:sfq", "hl:icc", "hl:ifc", "dt:spm 450", "频率", "超过频率",
        ],
    ),
    (
        MailboxFull,
        &[
            "mailbox full", "mailbox is full", "mailbox has exceeded", "over quota", "overquota", "quota exceed", "exceeded quota",
            "exceed * quota", "exceeded * quota", "exceeded * storage", "exceeds * quota", "quota * exceeded", "out of storage", "storage limit", "mail box full",
            "mbox full", "insufficient disk", "not enough space", "not enough storage", "no space left", "inbox is full",
            "inbox is out of", "exceeded mailbox", "mailbox size limit", "mailbox limit", "too much mail", "quotaexceeded", "over disk quota",
            "邮箱已满", "空间不足", "容量已满", "超过容量", "信箱已满", "already full", "voll", "postfach ist voll", "boîte * pleine", "buzón lleno", "casella piena",
            "いっぱい", "容量を超", "容量オーバー", "переполнен",
        ],
    ),
    (
        TooBig,
        &[
            "message too big", "message too large", "message is too large", "message is too big", "too large for", "size limit",
            "exceeds maximum message size", "maximum message size", "fixed maximum", "message size exceeds", "size exceeds",
            "message length exceeds", "recipsizelimit", "larger than", "mail size", "max message size", "exceeds the size", "message exceeds",
            "邮件过大", "邮件太大", "大小超过", "サイズが", "trop volumineux", "zu groß", "zu gross", "demasiado grande",
        ],
    ),
    (
        Relaying,
        &[
            "relaying denied", "relay denied", "unable to relay", "no relaying", "relay not permitted", "relaying not",
            "not permitted to relay", "relay access denied", "relay operation rejected", "not local host", "we do not relay", "relaying mail",
            "email address is not verified", "isn't in my list of allowed", "relaying", "not a gateway",
        ],
    ),
    (
        Moved,
        &[
            "has moved", "no longer on server", "address has changed", "recipient has moved", "user has moved", "new address",
            "replaced by", "have been replaced",
        ],
    ),
    (
        Disabled,
        &[
            "account * disabled", "mailbox * disabled", "user * disabled", "recipient * disabled", "disabled recipient", "account is disabled", "mailbox disabled",
            "account disabled", "disabled or discontinued", "account has been suspended", "account suspended", "suspended",
            "account * inactive", "mailbox * inactive", "user * inactive", "inactive user", "inactive mailbox", "account is locked", "mailbox is locked", "account has expired", "account expired",
            "mailbox is frozen", "mailbox frozen", "mailbox has been deactivated", "deactivated", "not active", "account is blocked", "temporarily blocked",
            "temporarily disabled", "temporarily inactive", "currently not accepting", "mailbox currently unavailable",
            "locked", "not been activated", "has been blocked", "邮箱被禁", "已停用", "账号冻结", "帐号被", "停止服务", "gesperrt", "deaktiviert", "désactivé",
        ],
    ),
    (
        HostUnknown,
        &[
            "host unknown", "unknown host", "host not found", "domain not found", "domain name not found", "no such domain", "domain does not exist", "domain doesn't exist",
            "host does not exist", "unrouteable mail domain", "unrouteable domain", "unroutable domain", "no mx", "nxdomain", "name or service not known",
            "couldn't find any host", "could not find any host", "couldn't find a mail exchanger", "no host found", "bad destination host", "bad destination system", "illegal host",
            "invalid domain", "unknown domain", "domain * couldn't be found", "domain * could not be found", "dns lookup failure", "name service error", "not a registered gateway",
            "domain is not reachable", "account or domain may not exist", "no valid hosts", "domain must resolve", "not found in dns", "no route to host * unknown",
            "域名不存在", "域名解析失败", "找不到域", "不存在该域", "domäne * nicht", "domain * nicht gefunden", "domaine * introuvable", "ドメインが見つかりません", "домен не найден",
        ],
    ),
    (
        Spam,
        &[
            "spam", "virus", "malware", "unsolicited", "junk", "phish", "content rejected", "content denied", "message content rejected", "ube",
            "bulk mail", "bulk email", "looks like", "blacklisted url", "suspicious", "infected", "dt:spm", "垃圾邮件", "内容被拒", "病毒", "スパム",
        ],
    ),
    (
        Policy,
        &[
            "policy", "policies", "not authorized", "not authorised", "unauthorized", "unauthorised", "not permitted", "not allowed", "permission to",
            "permission denied", "prohibited", "administrative prohibition", "sender rejected", "sender address rejected", "sender denied", "sender was rejected", "sender * does not exist",
            "domain of sender", "sender domain", "domain is invalid", "mailfrom domain", "rejected mail from", "mail from address", "access denied", "denied by", "denied [",
            "restricted", "restriction", "security issue", "security reasons", "encryption", "must issue a starttls", "tls required", "needs encryption",
            "blocked because", "may not exist, or you", "you may not have permission", "from address * not", "sender not", "sender verify", "sender verification",
            "not accept * from", "not accepted from", "envelope blocked", "message refused", "refused by", "rejected by", "message rejected", "rejected due", "auth * required", "authentication required",
            "hl:mep", "拒收", "策略", "被拒绝", "拒绝接收",
        ],
    ),
    (
        UserUnknown,
        &[
            "user unknown", "unknown user", "user not found", "no such user", "no such mailbox", "no such recipient", "no such address", "no such person", "no such account",
            "no mailbox here", "no mailbox by that name", "no mailbox found", "mailbox not found", "mailbox does not exist", "mailbox doesn't exist", "mailbox unknown",
            "mailbox unavailable", "mailbox not available", "unknown mailbox", "unknown recipient", "unknown address", "unknown local", "unknown or illegal", "unknown account",
            "recipient unknown", "recipient not found", "recipient * not found", "recipnotfound", "recipientnotfound", "recipient name is not recognized", "not recognized", "recipient does not exist", "recipient doesn't exist", "recipient no longer",
            "address unknown", "address does not exist", "address doesn't exist", "address not found", "address wasn't found", "address * couldn't be found", "address * not found", "wasn't found at",
            "address error", "account does not exist", "account doesn't exist", "account that you tried to reach does not exist", "account not found", "no account", "invalid account",
            "user does not exist", "user doesn't exist", "does not exist", "doesn't exist", "doesn't have a", "does not have a", "user not exist", "user not local", "not a local user", "not listed in", "not our customer", "not a valid",
            "user invalid", "invalid user", "invalid recipient", "invalid mailbox", "invalid address", "invalid final delivery userid", "invalid local", "invalid username", "bad address", "bad destination mailbox", "bad recipient", "bad user",
            "user is unknown", "undeliverable address", "unrouteable address", "unroutable address", "no longer valid", "no longer available", "no longer in use", "no longer active", "left the company", "no longer employed",
            "cannot find user", "can't find user", "could not find user", "not known here", "is not known", "nosuchuser", "no user", "possibly incorrect", "misspelled", "recipient rejected", "recipient address rejected",
            "用户不存在", "不存在", "无此用户", "找不到收件人", "没有此用户", "地址错误", "收件人地址", "邮箱不存在", "未找到", "账户不存在",
            "unbekannt", "existiert nicht", "empfänger * nicht", "n'existe pas", "inconnu", "introuvable", "no existe", "desconocido", "sconosciuto", "inesistente", "não existe", "nie istnieje", "не существует", "не найден", "пользователь * не",
            "見つかりません", "見つからない", "存在しません", "存在しない", "ユーザが", "宛先不明", "該当するアドレス",
        ],
    ),
    (
        Expired,
        &[
            "expired", "timed out", "timeout", "time out", "time-out", "retry time", "too long", "giving up", "gave up", "given up after", "for the last", "not responding", "did not respond", "delivery time",
            "could not be delivered for", "was not delivered within", "attempts:", "failing for a long time", "did not accept our requests", "unable to connect", "multiple retries", "no answer from", "expire", "超时", "期限", "タイムアウト",
        ],
    ),
    (
        Network,
        &[
            "connection refused", "connection reset", "connection lost", "lost connection", "connection dropped", "connection closed", "network is unreachable", "network error",
            "too many hops", "hop count", "routing loop", "loops back", "mail loop", "loop detected", "looping", "lookup failure", "try again", "unable to establish", "wasn't able to establish", "no route to host", "tls handshake",
            "could not connect", "connect to", "连接失败", "无法连接", "路由",
        ],
    ),
    (
        Protocol,
        &[
            "syntax error", "bad sequence", "improper sequence", "command not", "malformed", "rfc", "duplicate header", "headers too large", "multiple addresses in from", "missing header", "bare lf", "line too long", "not compliant", "invalid header",
            "格式错误", "语法错误",
        ],
    ),
    (
        System,
        &[
            "system error", "internal error", "internal server", "server error", "service unavailable", "service currently unavailable", "temporarily unavailable", "local error", "out of memory", "i/o error", "lock failure",
            "transaction failed", "mailer error", "insufficient permission", "configuration", "queue file", "could not load", "cannot allocate", "too many clients", "duplicated message-id", "loop alert", "insufficient system", "系统错误", "系统繁忙", "服务器",
        ],
    ),
    (Filtered, &["filtered", "rejected", "refused", "denied", "blocked", "not accepted"]),
];

/// What a report says where the host refused the message only after having accepted the address.
pub(super) const AFTER_THE_DATA: &[&str] = &["end of data", "after i sent the message", "smtp command data", "in reply to data"];
