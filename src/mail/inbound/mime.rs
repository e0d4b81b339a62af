//! One mail taken apart: its header, its texts, its machine-readable reports and what it returns.
//!
//! The walk is our own so that its depth and its work are bounded; `mail-parser` reads header values and decodes bodies.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser, MimeHeaders};

/// Most levels of MIME that are opened.
const DEEPEST: usize = 10;

/// Most parts that are opened.
const MOST_PARTS: usize = 100;

/// Most header fields of one part that are kept.
const MOST_FIELDS: usize = 500;

/// Most bytes of text that are searched: reports say what they have to say at their beginning.
const LONGEST_TEXT: usize = 64 * 1024;

/// A mail in its parts.
pub(super) struct Mail {
    /// The fields of its header.
    pub(super) fields: Vec<Field>,
    /// The subject, decoded.
    pub(super) subject: String,
    /// What it says in words; the HTML only if there is nothing else.
    pub(super) text: String,
    /// The bodies of its `message/delivery-status` parts.
    pub(super) statuses: Vec<String>,
    /// The bodies of its `message/feedback-report` parts.
    pub(super) feedback: Vec<String>,
    /// The messages, or the headers of messages, that it returns as parts of their own.
    pub(super) returned: Vec<Returned>,
}

/// A message that came back inside of another.
pub(super) struct Returned {
    /// The fields of its header.
    pub(super) fields: Vec<Field>,
}

/// One field of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name in lower case.
    pub(super) name: String,
    /// Its value, unfolded and not decoded.
    pub(super) value: String,
}

impl Mail {
    /// Takes a mail apart; whatever is wrong with it is left out.
    pub(super) fn open(raw: &[u8]) -> Self {
        let (head, _) = split(raw);
        let fields = fields(&String::from_utf8_lossy(head));
        let subject = headers(head).as_ref().and_then(|message| message.subject()).unwrap_or("").to_owned();
        let mut mail = Self {
            fields,
            subject,
            text: String::new(),
            statuses: Vec::new(),
            feedback: Vec::new(),
            returned: Vec::new(),
        };
        let mut walk = Walk { parts: 0, html: String::new() };
        walk.enter(raw, "text/plain", 0, &mut mail);
        if mail.text.trim().is_empty() {
            mail.text = walk.html;
        }
        shorten(&mut mail.text);
        mail
    }

    /// Returns the values of the fields with this name, which is in lower case.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        values(&self.fields, name)
    }

    /// Returns the first value of a field, or nothing.
    pub(super) fn value<'a>(&'a self, name: &'a str) -> &'a str {
        self.values(name).next().unwrap_or("")
    }
}

/// Returns the values of the fields with this name, which is in lower case.
pub(super) fn values<'a>(fields: &'a [Field], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields.iter().filter(move |field| field.name == name).map(|field| field.value.as_str())
}

/// Parses lines of `name: value` with folded values.
pub(super) fn fields(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(last) = fields.last_mut() {
                last.value.push(' ');
                last.value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':')
            && !name.trim().is_empty()
            && !name.trim().contains(char::is_whitespace)
        {
            if fields.len() == MOST_FIELDS {
                break;
            }
            fields.push(Field { name: name.trim().to_ascii_lowercase(), value: value.trim().to_owned() });
        }
    }
    fields
}

/// What a walk through the parts has to remember.
struct Walk {
    parts: usize,
    html: String,
}

impl Walk {
    /// Files one part, and those inside of it.
    fn enter(&mut self, part: &[u8], default: &str, depth: usize, mail: &mut Mail) {
        if depth > DEEPEST || self.parts == MOST_PARTS {
            return;
        }
        self.parts += 1;
        let (head, body) = split(part);
        let message = headers(head);
        let kind = message.as_ref().and_then(|message| message.content_type());
        let media = kind.map_or_else(
            || default.to_owned(),
            |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("")).to_ascii_lowercase(),
        );
        if media.starts_with("multipart/") {
            let inner = if media == "multipart/digest" { "message/rfc822" } else { "text/plain" };
            let boundary = kind.and_then(|kind| kind.attribute("boundary")).unwrap_or("");
            let pieces = pieces(body, boundary.trim().as_bytes());
            for piece in &pieces {
                self.enter(piece, inner, depth + 1, mail);
            }
            // Without a part it is read as the text that it looks like.
            if !pieces.is_empty() {
                return;
            }
        }
        let bytes = decoded(body, message.as_ref());
        let charset = kind.and_then(|kind| kind.attribute("charset")).unwrap_or("");
        self.file(&media, &in_words(&bytes, charset), mail);
    }

    /// Puts a leaf where it belongs.
    fn file(&mut self, media: &str, text: &str, mail: &mut Mail) {
        match media {
            "message/delivery-status" | "message/global-delivery-status" => {
                mail.statuses.push(beginning(text).to_owned());
            }
            "message/feedback-report" => mail.feedback.push(beginning(text).to_owned()),
            "message/rfc822" | "message/global" | "message/partial" => {
                let head = text.split("\n\n").next().unwrap_or(text);
                let head = head.split("\r\n\r\n").next().unwrap_or(head);
                mail.returned.push(Returned { fields: fields(beginning(head)) });
            }
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" => {
                mail.returned.push(Returned { fields: fields(beginning(text)) });
            }
            "text/html" if self.html.len() < LONGEST_TEXT => {
                self.html.push_str(&html_to_text(beginning(text)));
                self.html.push('\n');
            }
            _ if mail.text.len() < LONGEST_TEXT
                && (media.starts_with("text/") || media.starts_with("multipart/")) =>
            {
                mail.text.push_str(beginning(text));
                mail.text.push('\n');
            }
            _ => {}
        }
    }
}

/// Parses a header; `None` if there is none.
fn headers(head: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse_headers(head).filter(|message| !message.parts.is_empty())
}

/// Splits a part at its first empty line.
fn split(part: &[u8]) -> (&[u8], &[u8]) {
    if part.starts_with(b"\n") || part.starts_with(b"\r\n") {
        return (&[], part);
    }
    let mut start = 0;
    while let Some(length) = part[start..].iter().position(|&byte| byte == b'\n') {
        let next = start + length + 1;
        match &part[next..] {
            [b'\n', ..] => return (&part[..next], &part[next + 1..]),
            [b'\r', b'\n', ..] => return (&part[..next], &part[next + 2..]),
            _ => start = next,
        }
    }
    (part, &[])
}

/// Splits the body of a multipart at the lines of its boundary; what stands before the first is left out.
fn pieces<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    if boundary.is_empty() {
        return pieces;
    }
    let mut piece: Option<usize> = None;
    let mut start = 0;
    while start < body.len() && pieces.len() < MOST_PARTS {
        let end =
            body[start..].iter().position(|&byte| byte == b'\n').map_or(body.len(), |at| start + at + 1);
        let rest = body[start..end].strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary));
        if let Some(rest) = rest.map(<[u8]>::trim_ascii_end)
            && (rest.is_empty() || rest == b"--")
        {
            pieces.extend(piece.map(|from| &body[from..start]));
            piece = rest.is_empty().then_some(end);
        }
        start = end;
    }
    pieces.extend(piece.map(|from| &body[from..start]));
    pieces
}

/// Undoes the transfer encoding; a body that is not what it claims to be stays as it is.
fn decoded(body: &[u8], message: Option<&Message<'_>>) -> Vec<u8> {
    let encoding = match message.and_then(|message| message.header(HeaderName::ContentTransferEncoding)) {
        Some(HeaderValue::Text(encoding)) => encoding.trim().to_ascii_lowercase(),
        _ => String::new(),
    };
    match encoding.as_str() {
        "base64" => base64_decode(body),
        "quoted-printable" => quoted_printable_decode(body),
        _ => None,
    }
    .unwrap_or_else(|| body.to_vec())
}

/// Decodes text: by its charset if it names one, else as UTF-8, else as GB 18030, in which undeclared reports are common.
fn in_words(bytes: &[u8], charset: &str) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && (charset.is_empty()
            || charset.eq_ignore_ascii_case("utf-8")
            || charset.eq_ignore_ascii_case("us-ascii"))
        && !text.contains('\u{1b}')
    {
        return text.to_owned();
    }
    if let Some(decode) =
        charset_decoder(charset.as_bytes()).filter(|_| !charset.eq_ignore_ascii_case("us-ascii"))
    {
        return decode(bytes);
    }
    let japanese = bytes.windows(2).any(|pair| pair == b"\x1b$");
    let guess = if japanese { encoding_rs::ISO_2022_JP } else { encoding_rs::GB18030 };
    let (text, faulty) = guess.decode_without_bom_handling(bytes);
    if faulty { String::from_utf8_lossy(bytes).into_owned() } else { text.into_owned() }
}

/// Returns the beginning of a text that is searched.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Cuts a text to what is searched.
fn shorten(text: &mut String) {
    let end = beginning(text).len();
    text.truncate(end);
}
