//! A browser of the plainest kind: one connection that is kept, pages that are read, forms that are sent as they are.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection to the answering pages.
pub(super) struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// A response.
pub(super) struct Page {
    pub(super) status: u16,
    location: Option<String>,
    pub(super) html: String,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Opens a page.
    pub(super) async fn get(&mut self, path: &str) -> anyhow::Result<Page> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.ask(&head).await
    }

    /// Sends a form, and goes where the answer leads.
    pub(super) async fn post(&mut self, path: &str, fields: &[(String, String)]) -> anyhow::Result<Page> {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let body = body.join("&");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let page = self.ask(&request).await?;
        match (page.status, &page.location) {
            (303, Some(location)) => self.get(&location.clone()).await,
            _ => Ok(page),
        }
    }

    async fn ask(&mut self, request: &str) -> anyhow::Result<Page> {
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let first = self.line().await?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("no response of HTTP: {first}"))?;
        let (mut length, mut location, mut chunked) = (0, None, false);
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse()?,
                "location" => location = Some(value.trim().to_owned()),
                "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let mut body = Vec::new();
        loop {
            if chunked {
                length = usize::from_str_radix(self.line().await?.trim(), 16)?;
            }
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..]).await?;
            if !chunked {
                break;
            }
            self.line().await?;
            if length == 0 {
                break;
            }
        }
        Ok(Page { status, location, html: String::from_utf8(body)? })
    }

    /// A line without its end.
    async fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            bail!("the answering pages ended the connection");
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Page {
    /// Where the page's form goes, with its hidden fields; `None` on a page without one.
    pub(super) fn form(&self) -> Option<(&str, Vec<(String, String)>)> {
        let (_, form) = self.html.split_once("<form method=\"post\" action=\"")?;
        let (action, rest) = form.split_once('"')?;
        let rest = rest.split("</form>").next().unwrap_or(rest);
        let hidden = rest.split("<input type=\"hidden\" ").skip(1);
        let fields = hidden.filter_map(|input| Some((value_of(input, "name")?, value_of(input, "value")?)));
        Some((action, fields.collect()))
    }

    /// Names of the groups of radio buttons, in the order of the page.
    pub(super) fn choices(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for input in self.html.split("<input type=\"radio\" ").skip(1) {
            if let Some(name) = value_of(input, "name")
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }
}

/// An attribute of a tag that begins here.
fn value_of(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// A text as it stands in a form that is sent.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_hidden_fields_alone() {
        let html = "<form method=\"post\" action=\"/s/x\">\n<input type=\"hidden\" name=\"q\" value=\"overall\">\n\
                    <input type=\"radio\" id=\"a\" name=\"w\" value=\"1\"></form><input type=\"hidden\" name=\"z\" value=\"\">";
        let page = Page { status: 200, location: None, html: html.into() };
        let fields = vec![("q".to_owned(), "overall".to_owned())];
        assert_eq!(page.form(), Some(("/s/x", fields)));
        assert_eq!(page.choices(), ["w"]);
    }

    #[test]
    fn what_is_no_letter_is_encoded() {
        assert_eq!(encoded("List-Unsubscribe"), "List-Unsubscribe");
        assert_eq!(encoded("a b&ü"), "a%20b%26%C3%BC");
    }
}
