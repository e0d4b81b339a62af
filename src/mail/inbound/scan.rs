//! Addresses in running text.

/// Longest local part of an address (RFC 5321).
const LONGEST_LOCAL: usize = 64;

/// Most addresses that are taken from one text.
const MOST_ADDRESSES: usize = 200;

/// An address in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// The address as it stands there.
    pub(super) address: &'a str,
    /// Where it begins.
    pub(super) start: usize,
}

/// Returns the addresses of a text in their order.
pub(super) fn addresses(text: &str) -> Vec<Found<'_>> {
    let mut found: Vec<Found<'_>> = Vec::new();
    for (at, _) in text.match_indices('@') {
        if found.len() == MOST_ADDRESSES {
            break;
        }
        let (Some(start), Some(end)) = (local_start(text, at), domain_end(text, at + 1)) else { continue };
        let address = &text[start..end];
        if found.last().is_some_and(|last| start < last.start + last.address.len()) {
            continue;
        }
        // A message identifier or a link is not an address.
        let before =
            String::from_utf8_lossy(&text.as_bytes()[start.saturating_sub(16)..start]).to_ascii_lowercase();
        let before = before.trim_end_matches('<');
        if !before.ends_with("://") && !before.ends_with("message-id: ") {
            found.push(Found { address, start });
        }
    }
    found
}

/// Returns the first address of a field's value, without its type: `rfc822; <a@b.example>`.
pub(super) fn first_address(value: &str) -> Option<String> {
    let value = value.split_once(';').map_or(value, |(_, address)| address);
    addresses(value).first().map(|found| found.address.to_owned())
}

/// Says whether two addresses are the same; local parts are compared without case, as hosts do in practice.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Returns where the local part before the `@` begins.
fn local_start(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let earliest = at.saturating_sub(LONGEST_LOCAL + 2);
    if at > 0 && bytes[at - 1] == b'"' {
        let open = bytes[earliest..at - 1].iter().rposition(|&byte| byte == b'"')? + earliest;
        return text.is_char_boundary(open).then_some(open).filter(|open| at - open > 2);
    }
    let mut start = at;
    while start > earliest && is_local(bytes[start - 1]) {
        start -= 1;
    }
    while start < at && matches!(bytes[start], b'\'' | b'.' | b'=' | b'/' | b'*' | b'`' | b'|') {
        start += 1;
    }
    (start < at && text.is_char_boundary(start)).then_some(start)
}

/// Returns where the domain that begins here ends; a domain has a dot, or is all of a short local name.
fn domain_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = from;
    while end < bytes.len() && end - from < 255 && is_domain(bytes[end]) {
        end += 1;
    }
    while end > from && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    (end > from && text.is_char_boundary(end)).then_some(end)
}

/// Bytes of a local part without quotes; what is beyond ASCII may be part of an internationalised one.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|found| found.address).collect()
    }

    #[test]
    fn addresses_are_found_in_prose_and_brackets() {
        assert_eq!(
            found("To <a.b+c@x.example>, \"d e\"@y.example: f@z.example. @none q@ 'g@h.example'"),
            ["a.b+c@x.example", "\"d e\"@y.example", "f@z.example", "g@h.example"]
        );
    }

    #[test]
    fn an_address_next_to_chinese_text_ends_where_the_text_begins() {
        assert_eq!(found("收件人a@b.example不存在"), ["a@b.example"]);
    }

    #[test]
    fn the_type_of_a_recipient_is_left_out() {
        assert_eq!(first_address("rfc822; <a@b.example>").as_deref(), Some("a@b.example"));
        assert_eq!(first_address("rfc822; @b.example"), None);
    }
}
