//! The words that every mail has around its survey's own, in each language.

use super::letter::Contract;

/// A language of mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    ZhHans,
}

/// A language that mails are not written in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no mail in {0:?}: choose en or zh-Hans")]
pub struct LanguageError(String);

impl Language {
    /// All languages of mails.
    pub const ALL: [Self; 2] = [Self::En, Self::ZhHans];

    /// Returns the BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
        }
    }

    /// Returns the language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::ZhHans => "简体中文",
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::En => &ENGLISH,
            Self::ZhHans => &CHINESE,
        }
    }
}

impl std::str::FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(text))
            .ok_or_else(|| LanguageError(text.into()))
    }
}

/// The fixed texts of one language. `{n}`, `{text}` and `{high}` are filled in.
pub(super) struct Words {
    /// System fonts that have the signs.
    pub(super) fonts: &'static str,
    /// Height of a line, as a multiple of the size.
    pub(super) leading: &'static str,
    /// Between two sentences.
    pub(super) space: &'static str,
    /// Between a word and the link that it leads to.
    pub(super) colon: &'static str,
    /// What a mailbox shows after the subject where there is a score row.
    pub(super) preview: &'static str,
    /// Says what a tap on a score does.
    pub(super) hint: &'static str,
    pub(super) anchor: &'static str,
    pub(super) score_title: &'static str,
    pub(super) numbers_fail: &'static str,
    pub(super) button_fail: &'static str,
    pub(super) start: &'static str,
    pub(super) see_answers: &'static str,
    pub(super) who_sees: &'static str,
    pub(super) stop: &'static str,
    named: &'static str,
    confidential: &'static str,
    anonymous: &'static str,
}

impl Words {
    /// Returns the style of small text.
    pub(super) fn small(&self) -> String {
        format!("font:14px/{} {};color:#4b5465", self.leading, self.fonts)
    }

    /// Returns the style of running text.
    pub(super) fn large(&self) -> String {
        format!("font:16px/{} {};color:#1b2130", self.leading, self.fonts)
    }

    pub(super) const fn contract(&self, contract: Contract) -> &'static str {
        match contract {
            Contract::Named => self.named,
            Contract::Confidential => self.confidential,
            Contract::Anonymous => self.anonymous,
        }
    }

    pub(super) fn anchor(&self, number: i32, text: &str) -> String {
        self.anchor.replace("{n}", &number.to_string()).replace("{text}", text)
    }

    pub(super) fn score_title(&self, number: i32, high: i32) -> String {
        self.score_title.replace("{n}", &number.to_string()).replace("{high}", &high.to_string())
    }
}

static ENGLISH: Words = Words {
    fonts: "-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif",
    leading: "1.5",
    space: " ",
    colon: ": ",
    preview: "Tap a number to start. Nothing is saved until you confirm it on our page.",
    hint: "A number opens our page with that number chosen. It is saved only when you confirm it there.",
    anchor: "{n} – {text}",
    score_title: "Score {n} of {high}",
    numbers_fail: "If the numbers do not work, open this address:",
    button_fail: "If the button does not work, open this address:",
    start: "Answer the questions",
    see_answers: "See your answers",
    who_sees: "Who sees them, and for how long",
    stop: "Stop these mails",
    named: "Your answers are seen with your company’s name.",
    confidential: "We can link your answers to you; we show them only in groups.",
    anonymous: "Your answers cannot be joined to you by your manager, by HR or by the people who run this system, even \
                if they hold the whole database, its files and its backups.",
};

static CHINESE: Words = Words {
    fonts: "PingFang SC,HarmonyOS Sans SC,Microsoft YaHei,Noto Sans CJK SC,sans-serif",
    leading: "1.7",
    space: "",
    colon: "：",
    preview: "点一个分数即可开始，在页面上确认后才会保存。",
    hint: "点一个分数，会打开我们的页面并选好该分数；您在页面上确认后才会保存。",
    anchor: "{n} = {text}",
    score_title: "{n} 分（满分 {high} 分）",
    numbers_fail: "如果点不开，请打开这个网址：",
    button_fail: "如果按钮点不开，请打开这个网址：",
    start: "开始回答",
    see_answers: "查看我的回答",
    who_sees: "谁能看到、保存多久",
    stop: "不再接收此类邮件",
    named: "您的回答会与贵公司名称一起显示。",
    confidential: "我们能把回答和您对应起来，但只按群体显示。",
    anonymous: "即使拿到整个数据库、全部文件和备份，您的上级、人力资源部和系统管理员也无法把回答和您对应起来。",
};
