//! The words of the page in each language.

use super::super::file::{Channel, Mode, Population, WaveFile};
use crate::mail::Language;
use crate::survey::ItemKind;

/// The fixed texts of one language.
pub(super) struct Words {
    language: Language,
    /// Between the wave's name and the title.
    pub(super) joint: &'static str,
    pub(super) title: &'static str,
    pub(super) contract: &'static str,
    pub(super) asked: &'static str,
    pub(super) how: &'static str,
    pub(super) shown: &'static str,
    pub(super) deleted: &'static str,
    pub(super) limits_head: &'static str,
    pub(super) notice: &'static str,
    /// Heads of a notice, in the order of its entries.
    pub(super) notice_heads: [&'static str; 7],
    pub(super) questions: &'static str,
    /// Ends of a scale that names none, as the answering pages call them.
    pub(super) ends: (&'static str, &'static str),
    pub(super) likely_ends: (&'static str, &'static str),
    pub(super) no_text: &'static str,
    pub(super) some: &'static str,
    pub(super) drawn: &'static str,
    pub(super) semicolon: &'static str,
    comma: &'static str,
    named: &'static str,
    confidential: &'static str,
    anonymous: &'static str,
    fixed: &'static str,
    limit_holder: &'static str,
    limit_mail: &'static str,
    limit_network: &'static str,
    limit_order: &'static str,
    limit_alike: &'static str,
    limit_style: &'static str,
    limit_program: &'static str,
    limit_copies: &'static str,
    limit_crash: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::En,
    joint: ": ",
    title: "what is asked, and what becomes of it",
    contract: "Contract",
    asked: "Who is asked",
    how: "How and when",
    shown: "What is shown",
    deleted: "When it is deleted",
    limits_head: "What the contract cannot rule out",
    notice: "Privacy notice",
    notice_heads: [
        "Who is responsible",
        "What for",
        "Legal basis",
        "Link to money",
        "Who reads it",
        "How long it is kept",
        "Rights",
    ],
    questions: "Questions",
    ends: ("Not at all", "Completely"),
    likely_ends: ("Not at all likely", "Extremely likely"),
    no_text: "Not asked: free text is off.",
    some: "Asked of some, depending on their answers",
    drawn: "Asked of some, drawn by lot",
    semicolon: "; ",
    comma: ", ",
    named: "Named: answers are seen with the company’s name.",
    confidential: "Confidential: answers are linked to people inside and shown only in groups.",
    anonymous: "Anonymous: whoever holds the database, its files and its backups cannot join an answer to a person. Ballots are \
                sealed when they arrive. The key that opens them is locked under a passphrase that the program does not keep; \
                it is used once when the wave closes, and is then removed. Which links have been used is known, so that \
                reminders go only to those that have not.",
    fixed: " The contract is fixed by the first invitation and cannot be changed after it.",
    limit_holder: "Whoever holds the database can join an answer to a person.",
    limit_mail: "Logs of mail servers show who was sent a link, and when.",
    limit_network: "The employer’s network or a proxy can see from which address, and when, the pages were opened.",
    limit_order: "While the poll is open, an administrator of the running database can read in which order ballots came in, \
                  but not what is in them.",
    limit_alike: "Where nearly everybody in a group answers alike, the average says much about each of them; averages at \
                  the very ends of a scale are hidden. Where all took part, it shows that too.",
    limit_style: "The way a comment is written may show who wrote it.",
    limit_program: "An operator can change the program before somebody answers.",
    limit_copies: "Somebody may hold both old copies of the sealed ballots and the passphrase.",
    limit_crash: "If the machine fails between keeping a ballot and marking its link as used, one second ballot of that \
                  person may be admitted.",
};

const CHINESE: Words = Words {
    language: Language::ZhHans,
    joint: "：",
    title: "问什么，结果怎么用",
    contract: "约定",
    asked: "问谁",
    how: "方式和时间",
    shown: "显示什么",
    deleted: "何时删除",
    limits_head: "这项约定防不住什么",
    notice: "隐私说明",
    notice_heads: ["谁负责", "用途", "法律依据", "与金额的关联", "谁能看到", "保存多久", "您的权利"],
    questions: "题目",
    ends: ("一点也不", "非常"),
    likely_ends: ("完全不可能", "非常可能"),
    no_text: "不问：本次不收文字意见。",
    some: "视前面的回答，只问一部分人",
    drawn: "随机抽取，只问一部分人",
    semicolon: "；",
    comma: "、",
    named: "实名：回答与公司名称一起显示。",
    confidential: "保密：系统内部能把回答与个人对应起来，但只按群体显示。",
    anonymous: "匿名：即使拿到数据库、全部文件和备份，也无法把回答与个人对应起来。答卷一到就密封；开启的密钥用口令锁住，程序不保存口令；\
                密钥只在调查结束时用一次，随后删除。系统知道哪些链接已经用过，提醒只发给还没有用过的链接。",
    fixed: "约定在发出第一份邀请时确定，此后不能更改。",
    limit_holder: "掌握数据库的人能把回答与个人对应起来。",
    limit_mail: "邮件服务器的日志记着链接发给了谁、什么时候发的。",
    limit_network: "公司网络或代理服务器能看到打开页面的地址和时间。",
    limit_order: "调查进行期间，数据库管理员能看出答卷到达的先后，但看不到里面的内容。",
    limit_alike: "如果一个群体里几乎人人回答都差不多，平均分就能说明每个人的大致回答；处于量表两端的平均分不显示。如果人人都参加了，也看得出来。",
    limit_style: "留言的写法可能让人认出作者。",
    limit_program: "运营者可以在有人作答之前改动程序。",
    limit_copies: "可能有人既留着密封答卷的旧副本，又掌握口令。",
    limit_crash: "如果机器恰好在收下答卷之后、把链接记为已用之前出故障，可能会多收这个人一份答卷。",
};

impl Words {
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::ZhHans => &CHINESE,
        }
    }

    pub(super) fn promise(&self, mode: Mode) -> String {
        let promise = match mode {
            Mode::Named => self.named,
            Mode::Confidential => self.confidential,
            Mode::Anonymous => self.anonymous,
        };
        [promise, self.fixed].concat()
    }

    /// What the wave's contract cannot rule out, as far as it applies to it.
    pub(super) fn limits(&self, wave: &WaveFile) -> Vec<&'static str> {
        let anonymous = wave.mode == Mode::Anonymous;
        let mut limits = match wave.mode {
            Mode::Named => return Vec::new(),
            Mode::Confidential => vec![self.limit_holder],
            Mode::Anonymous => Vec::new(),
        };
        if anonymous && wave.channel == Channel::Mail {
            limits.push(self.limit_mail);
        }
        if anonymous {
            limits.extend([self.limit_network, self.limit_order]);
        }
        limits.push(self.limit_alike);
        if !anonymous || wave.free_text {
            limits.push(self.limit_style);
        }
        if anonymous {
            limits.extend([self.limit_program, self.limit_copies, self.limit_crash]);
        }
        limits
    }

    pub(super) fn audience(&self, wave: &WaveFile) -> String {
        let of = &wave.audience;
        let (people, heads, list) = match (self.language, of.of) {
            (Language::En, Population::Contacts) => ("Contacts of customers", EN_HEADS, EN_LIST),
            (Language::En, Population::Employees) => ("Employees", EN_HEADS, EN_LIST),
            (Language::ZhHans, Population::Contacts) => ("客户的联系人", ZH_HEADS, ZH_LIST),
            (Language::ZhHans, Population::Employees) => ("员工", ZH_HEADS, ZH_LIST),
        };
        let mut text = people.to_owned();
        for (head, names) in heads.into_iter().zip([&of.segments, &of.states, &of.roles, &of.units]) {
            if !names.is_empty() {
                let names: Vec<_> = names.iter().map(|name| self.named_value(name)).collect();
                text.extend([self.semicolon, head, &names.join(self.comma)]);
            }
        }
        if of.file.is_some() {
            text.extend([self.semicolon, list]);
        }
        text
    }

    /// A state or a role in the page's language; other names as they are.
    fn named_value<'a>(&self, name: &'a str) -> &'a str {
        let found = ZH_NAMES.iter().find(|(key, _)| self.language == Language::ZhHans && *key == name);
        found.map_or(name, |(_, chinese)| chinese)
    }

    pub(super) fn when(&self, wave: &WaveFile) -> String {
        let days: Vec<String> = wave.remind_after_days.iter().map(i64::to_string).collect();
        let closes = wave.closes.map(|closes| closes.strftime("%Y-%m-%d %H:%M").to_string());
        match self.language {
            Language::En => {
                let by = match wave.channel {
                    Channel::Mail => "By e-mail",
                    Channel::Link => "By personal links that are handed over",
                };
                let when = match (&wave.standing, closes) {
                    (Some(rule), _) => format!(", {} days after a {}", rule.after_days, rule.event),
                    (None, Some(closes)) => format!(", until {closes}"),
                    (None, None) => String::new(),
                };
                let reminders = match &days[..] {
                    [] => "no reminders".to_owned(),
                    [day] => format!("one reminder, {day} days after the start"),
                    [head @ .., last] => {
                        let count = if head.len() == 1 { "two" } else { "several" };
                        format!("{count} reminders, {} and {last} days after the start", head.join(", "))
                    }
                };
                format!(
                    "{by}{when}. At most one invitation in {} days over all waves; {reminders}.",
                    wave.cap_days
                )
            }
            Language::ZhHans => {
                let by = match wave.channel {
                    Channel::Mail => "通过电子邮件",
                    Channel::Link => "通过转交的个人链接",
                };
                let when = match (&wave.standing, closes) {
                    (Some(rule), _) => {
                        format!("，在{}之后 {} 天", event(&rule.event), rule.after_days)
                    }
                    (None, Some(closes)) => format!("，{closes} 截止"),
                    (None, None) => String::new(),
                };
                let reminders = if days.is_empty() {
                    "不发提醒".to_owned()
                } else {
                    format!("开始后第 {} 天提醒，共 {} 次", days.join("、"), days.len())
                };
                format!(
                    "{by}{when}。所有调查合计，每人 {} 天内最多收到一次邀请；{reminders}。",
                    wave.cap_days
                )
            }
        }
    }

    pub(super) fn released(&self, wave: &WaveFile) -> String {
        let k = wave.k;
        match (wave.mode, self.language) {
            (Mode::Named, Language::En) => {
                format!("Single answers, to those named under “{}”.", self.notice_heads[4])
            }
            (Mode::Named, Language::ZhHans) => {
                format!("单个回答，给“{}”中所列的人看。", self.notice_heads[4])
            }
            (_, Language::En) => format!(
                "One table, made once when the wave closes: averages, and how many took part and what share, for the whole \
                 and for each group. An average is shown from {k} answers to that question, a participation from {k} people, \
                 and only if no hidden number can be worked out from what is shown. No minimum, no maximum, no single answer."
            ),
            (_, Language::ZhHans) => format!(
                "一张表，在调查结束时生成一次：全公司和各群体的平均分、参加人数和比例。平均分要该题至少有 {k} 人回答才显示，\
                 参加情况要至少有 {k} 人参加才显示，而且不能让人从显示的数推算出不显示的数。没有最低分、最高分，也没有单个回答。"
            ),
        }
    }

    pub(super) fn deletion(&self, wave: &WaveFile) -> String {
        let after = wave.delete_after;
        match (wave.mode, self.language) {
            (Mode::Anonymous, Language::En) => {
                let comments =
                    if wave.free_text { format!(" Comments after {after}.") } else { String::new() };
                format!(
                    "Single ballots when the poll has been closed, and unread after {after} if nobody has closed it: only \
                     the released table stays.{comments} Mails that came back after 30 days."
                )
            }
            (Mode::Anonymous, Language::ZhHans) => {
                let comments =
                    if wave.free_text { format!("意见在 {after} 之后删除；") } else { String::new() };
                format!(
                    "单份答卷在调查结束后删除；若到 {after} 仍无人结束调查，则不经打开直接删除；只留下已公布的汇总表；\
                     {comments}退回的邮件在 30 天后删除。"
                )
            }
            (_, Language::En) => {
                format!("Answers and comments after {after}; mails that came back after 30 days.")
            }
            (_, Language::ZhHans) => format!("回答和意见在 {after} 之后删除；退回的邮件在 30 天后删除。"),
        }
    }

    pub(super) fn comments(&self, least: usize) -> String {
        match self.language {
            Language::En => format!(
                "Shown for the whole organisation only, from {least} comments on, by alphabet and apart from all ratings."
            ),
            Language::ZhHans => {
                format!("只按全公司显示，满 {least} 条才显示，按文字排序，并与所有评分分开。")
            }
        }
    }

    pub(super) fn scale(&self, name: &str, ends: (f64, f64), labels: &[String]) -> String {
        let (low, high) = ends;
        match self.language {
            Language::En => format!("{name}, {low} to {high} ({})", labels.join(", ")),
            Language::ZhHans => format!("{name}，{low} 到 {high}（{}）", labels.join("，")),
        }
    }

    pub(super) const fn kind(&self, kind: ItemKind) -> &'static str {
        let (english, chinese) = match kind {
            ItemKind::Rating | ItemKind::Nps => ("Rating", "评分"),
            ItemKind::SingleChoice => ("One of these", "单选"),
            ItemKind::MultipleChoice => ("Any of these", "多选"),
            ItemKind::Ranking => ("These in order", "排序"),
            ItemKind::Number => ("Number", "数字"),
            ItemKind::Date => ("Date", "日期"),
            ItemKind::ShortText | ItemKind::LongText => ("Free text", "文字"),
        };
        match self.language {
            Language::En => english,
            Language::ZhHans => chinese,
        }
    }
}

const EN_HEADS: [&str; 4] = ["segments: ", "states: ", "roles: ", "units: "];
const ZH_HEADS: [&str; 4] = ["分类：", "状态：", "角色：", "部门："];
const EN_LIST: &str = "only those on a list of addresses";
const ZH_LIST: &str = "只限地址名单上的人";

/// States and roles.
const ZH_NAMES: [(&str, &str); 6] = [
    ("prospect", "潜在客户"),
    ("active", "现有客户"),
    ("lapsed", "已流失客户"),
    ("decides", "决策"),
    ("uses", "使用"),
    ("pays", "付款"),
];

fn event(event: &str) -> &str {
    match event {
        "delivery" => "交付",
        "service" => "服务",
        "renewal" => "续约",
        "complaint" => "投诉",
        "loss" => "流失",
        other => other,
    }
}
