//! Enhanced status codes (RFC 3463) and reply codes (RFC 5321) in running text.

use std::fmt;

/// An enhanced status code, such as 5.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnhancedCode {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// What it is about: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 security.
    pub subject: u16,
    /// What of it.
    pub detail: u16,
}

impl EnhancedCode {
    /// Says whether the code tells more than its class.
    pub(super) fn is_specific(self) -> bool {
        self.subject != 0 || self.detail != 0
    }

    /// Says whether the failure may pass by itself.
    pub(super) fn is_transient(self) -> bool {
        self.class == 4
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// Greatest second number of a code: RFC 3463 has subjects 0 to 7. It keeps versions and addresses apart from codes.
const LAST_SUBJECT: u16 = 7;

/// Returns the enhanced codes of a text in their order.
pub(super) fn enhanced_codes(text: &str) -> Vec<EnhancedCode> {
    numbers(text)
        .filter_map(|(_, token)| {
            let mut parts = token.split('.');
            let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some()
                || !matches!(class, "2" | "4" | "5")
                || subject.len() > 3
                || detail.len() > 3
            {
                return None;
            }
            let code = EnhancedCode {
                class: class.parse().ok()?,
                subject: subject.parse().ok()?,
                detail: detail.parse().ok()?,
            };
            (code.subject <= LAST_SUBJECT).then_some(code)
        })
        .collect()
}

/// Returns the reply codes of failures, such as 550, that a text quotes: at the beginning of a line or after a mark.
pub(super) fn reply_codes(text: &str) -> Vec<u16> {
    numbers(text)
        .filter_map(|(start, token)| {
            let after = text[start + token.len()..].chars().next();
            let before = text[..start].trim_end_matches(' ').chars().next_back();
            let opens = before.is_none_or(|letter| "\n\r>:;'\"#(<,".contains(letter));
            let code: u16 = if token.len() == 3 { token.parse().ok()? } else { return None };
            let closes = after.is_none_or(|letter| letter == '-' || letter.is_whitespace());
            ((400..600).contains(&code) && opens && closes).then_some(code)
        })
        .collect()
}

/// Returns where the first reply code or enhanced code of a failure stands in a text.
pub(super) fn first_code(text: &str) -> Option<usize> {
    let fits = |token: &str| !enhanced_codes(token).is_empty() || !reply_codes(token).is_empty();
    numbers(text).find(|(_, token)| fits(token)).map(|(start, _)| start)
}

/// Returns the runs of digits and inner dots that do not stick to a word, with where they begin.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
                at += 1;
            }
            if at == start {
                at += 1;
                continue;
            }
            let token = text.get(start..at)?.trim_end_matches('.');
            let before = start.checked_sub(1).map(|before| bytes[before]);
            let after = bytes.get(start + token.len()).copied();
            let sticks =
                |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if token.starts_with(|letter: char| letter.is_ascii_digit()) && !sticks(before) && !sticks(after)
            {
                return Some((start, token));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        enhanced_codes(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn codes_are_told_from_addresses_and_versions() {
        assert_eq!(found("550-5.1.1 gone (#5.7.26), see 4.2.2."), ["5.1.1", "5.7.26", "4.2.2"]);
        assert_eq!(found("host [5.1.1.9] Exim 4.80.1 sendmail 8.14.5.1.1 v5.1.1 6.1.1 5.1"), [""; 0]);
    }

    #[test]
    fn reply_codes_stand_where_a_reply_begins() {
        assert_eq!(reply_codes("said: 550 no\n421-wait\n<<< 554 no"), [550, 421, 554]);
        assert_eq!(reply_codes("in 450 days, 550m, 5500, room 404"), [0; 0]);
    }
}
