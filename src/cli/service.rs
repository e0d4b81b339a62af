//! What `cam serve` and `cam worker` run: the jobs, until a signal ends them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;

use super::exit::Refused;
use crate::clock::Clock;
use crate::config::{Config, MailSection, ReturnsSection, TlsMode, WebSection};
use crate::job::{Desk, Outbox, Place, Returns, Schedule, SendReport, Settings};
use crate::mail::inbound::imap::{Account, Encryption};
use crate::mail::{
    Deadlines, Lifetime, Login, Organisation, Party, Relay, Separator, Signer, SmtpSession, Tls, Trust,
};
use crate::seal::Keys;
use crate::store::{self, Db};
use crate::web::answer::{Look, Theme};

/// How long to wait where no mail is due.
const IDLE: Duration = Duration::from_millis(500);

/// Jobs that run by themselves.
pub(super) struct Jobs {
    outbox: Option<Outbox>,
    schedule: Schedule,
    returns: Option<Returns>,
    /// Held while this process is the only one that sends from a SQLite file.
    _alone: Option<std::fs::File>,
}

impl Jobs {
    /// Prepares the jobs that the configuration asks for.
    pub(super) async fn prepare(config: &Config, db: &Db, keys: &Keys, clock: Clock) -> anyhow::Result<Self> {
        let organisation = store::organisation::find(&mut db.read().await?).await?;
        let alone = match db {
            Db::Sqlite { .. } => Some(only_sender(config)?),
            Db::Postgres(_) => None,
        };
        let outbox = match &config.mail {
            None => None,
            Some(mail) => {
                let desk = desk(config, mail, keys, &organisation)?;
                let settings = Settings {
                    relay: relay(mail)?,
                    connections: mail.connections,
                    rate: f64::from(mail.rate_per_minute) / 60.0,
                    lease: Duration::from_secs(u64::from(mail.lease_seconds)),
                    idle: IDLE,
                    alone: alone.is_some(),
                };
                Some(Outbox::new(db.clone(), clock, Arc::new(desk), settings))
            }
        };
        let schedule = Schedule::new(db.clone(), clock, keys.clone(), organisation.timezone);
        let returns = match &config.returns {
            None => None,
            Some(returns) => Some(Returns::new(db.clone(), clock, places(returns)?)),
        };
        Ok(Self { outbox, schedule, returns, _alone: alone })
    }

    /// What has been sent, where mails are sent.
    pub(super) fn report(&self) -> Option<Arc<SendReport>> {
        self.outbox.as_ref().map(Outbox::report)
    }

    /// Runs them until `stop` says so.
    pub(super) async fn run(self, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let scheduled = tokio::spawn({
            let (schedule, stop) = (self.schedule.clone(), stop.clone());
            async move { schedule.run(stop).await }
        });
        let read = tokio::spawn({
            let (returns, stop) = (self.returns.clone(), stop.clone());
            async move {
                if let Some(returns) = returns {
                    returns.run(stop).await;
                }
            }
        });
        let sent = match &self.outbox {
            Some(outbox) => outbox.run(stop).await,
            None => Ok(()),
        };
        scheduled.await?;
        read.await?;
        Ok(sent?)
    }
}

/// Takes the lock that makes this process the only one that sends from a SQLite file.
fn only_sender(config: &Config) -> anyhow::Result<std::fs::File> {
    let file = config.database.url.trim_start_matches("sqlite:").trim_start_matches("//");
    let file = format!("{}.sender", file.split('?').next().unwrap_or(file));
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&file)
        .with_context(|| format!("{file} cannot be opened"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => Err(Refused(format!(
            "another process serves this database ({file} is locked); several processes need PostgreSQL"
        ))
        .into()),
    }
}

fn desk(
    config: &Config,
    mail: &MailSection,
    keys: &Keys,
    organisation: &store::organisation::Organisation,
) -> anyhow::Result<Desk> {
    let footer = if mail.contact.is_empty() {
        organisation.name.clone()
    } else {
        format!("{}, {}", organisation.name, mail.contact)
    };
    Ok(Desk {
        keys: keys.clone(),
        base_url: config.web.base_url(),
        sender: Party {
            name: mail.from_name.clone().unwrap_or_else(|| organisation.name.clone()),
            address: mail.from.clone(),
        },
        reply_to: mail.reply_to.clone(),
        domain: mail.domain().to_owned(),
        bounce_domain: config.returns.as_ref().map(|_| mail.bounce_domain().to_owned()),
        separator: if mail.bounce_separator == '-' { Separator::Hyphen } else { Separator::Plus },
        organisation: Organisation { name: organisation.name.clone(), footer },
        timezone: organisation.timezone.clone(),
        signer: signer(mail)?,
        waves: Mutex::new(HashMap::new()),
    })
}

/// Where mail comes back to.
fn places(returns: &ReturnsSection) -> anyhow::Result<Vec<Place>> {
    let mut places: Vec<Place> = returns.maildir.iter().cloned().map(Place::Maildir).collect();
    if let Some(imap) = &returns.imap {
        places.push(Place::Imap(Account {
            host: imap.host.clone(),
            port: imap.port,
            encryption: Encryption::Tls,
            user: imap.user.clone(),
            password: read_secret(&imap.password_file)?,
            mailbox: imap.mailbox.clone(),
            done_folder: imap.moved_to.clone(),
        }));
    }
    Ok(places)
}

fn signer(mail: &MailSection) -> anyhow::Result<Option<Signer>> {
    let Some(dkim) = &mail.dkim else { return Ok(None) };
    let key = read_secret(&dkim.key_file)?;
    let domain = dkim.domain.as_deref().unwrap_or_else(|| mail.domain());
    let signer = if key.starts_with("-----BEGIN") {
        Signer::rsa(domain, &dkim.selector, &key)
    } else {
        Signer::ed25519(domain, &dkim.selector, &key)
    };
    Ok(Some(signer.map_err(|error| Refused(format!("{}: {error}", dkim.key_file.display())))?))
}

fn relay(mail: &MailSection) -> anyhow::Result<Relay> {
    let trust = || -> anyhow::Result<Trust> {
        let own = match &mail.authorities {
            Some(file) => {
                Some(std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?)
            }
            None => None,
        };
        Ok(Trust::with_system(own.as_deref()).map_err(|error| Refused(error.to_string()))?)
    };
    let login = match (&mail.user, &mail.password_file) {
        (Some(user), Some(file)) => Some(Login { user: user.clone(), password: read_secret(file)? }),
        _ => None,
    };
    Ok(Relay {
        host: mail.host.clone(),
        port: mail.port,
        tls: match mail.tls {
            TlsMode::None => Tls::Plain,
            TlsMode::Starttls => Tls::StartTls(trust()?),
            TlsMode::Implicit => Tls::Implicit(trust()?),
        },
        login,
        hello: mail.hello.clone().unwrap_or_else(|| mail.domain().to_owned()),
        deadlines: Deadlines::default(),
        lifetime: Lifetime::default(),
    })
}

/// How the answering pages look: as they come with cam, or in the colours of the company's own theme.
pub(super) fn look(web: &WebSection) -> anyhow::Result<Look> {
    let Some(file) = &web.theme else { return Ok(Look::plain().clone()) };
    let refused = |problem: String| Refused(format!("{}: {problem}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| refused(format!("cannot be read: {error}")))?;
    let theme: Theme = toml::from_str(&text).map_err(|error| refused(error.to_string()))?;
    Ok(Look::themed(&theme).map_err(|fault| refused(fault.to_string()))?)
}

/// Greets the relay and signs in to it, as sending would.
pub(super) async fn greet(mail: &MailSection) -> anyhow::Result<()> {
    let session = SmtpSession::open(&relay(mail)?)
        .await
        .with_context(|| format!("the relay {}:{} cannot be used", mail.host, mail.port))?;
    session.quit().await;
    Ok(())
}

/// Reads a file that holds a secret and nothing else.
pub(super) fn read_secret(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Refused(format!("{} cannot be read: {error}", file.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Becomes `true` at the first Ctrl-C or SIGTERM; at the second the process ends at once, which loses nothing.
pub(super) fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (tell, told) = watch::channel(false);
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            #[cfg(unix)]
            // Neither future owns anything that a drop could break.
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            #[cfg(not(unix))]
            let _ = tokio::signal::ctrl_c().await;
            if tell.send_replace(true) {
                tracing::warn!("ending at once");
                std::process::abort();
            }
        }
    });
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEME: &str = "[light]\naccent = \"#7a1f5c\"\non_accent = \"#ffffff\"\naccent_soft = \"#f8e9f2\"\n\
                         [dark]\naccent = \"#e6a3cd\"\non_accent = \"#2a0a1f\"\naccent_soft = \"#3a1a2f\"\n";

    fn with(theme: &str) -> anyhow::Result<Look> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("theme.toml");
        std::fs::write(&file, theme).unwrap();
        look(&WebSection { theme: Some(file), ..WebSection::default() })
    }

    #[test]
    fn pages_take_the_colours_of_the_theme_file_and_refuse_those_that_not_everybody_can_read() {
        assert_ne!(with(THEME).unwrap(), *Look::plain());
        for (from, to, named) in [
            ("#7a1f5c", "#d9a0c4", "accent on the page"),
            ("#7a1f5c", "plum", "line 2, column 10"),
            ("on_accent", "ink", "unknown field `ink`"),
        ] {
            let refusal = with(&THEME.replacen(from, to, 1)).unwrap_err();
            let message = refusal.downcast_ref::<Refused>().unwrap().to_string();
            assert!(message.contains("theme.toml: ") && message.contains(named), "{message}");
        }
    }
}
