//! The door: what it does under slow, many and departing clients.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::print_stdout, reason = "it prints its figure")]

#[path = "support/served.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod served;
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cam::clock::Clock;
use cam::seal::Keys;
use cam::store::Db;
use cam::web::{Edge, Limits};
use served::{FORM, Site, request, send};
use support::each_backend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn open(db: &Db, limits: Limits) -> Site {
    let keys = Keys::parse(&"3c".repeat(32)).unwrap();
    Site::open(db, keys, Clock::System, limits).await
}

const SECOND: Duration = Duration::from_secs(1);

/// Limits whose ends a test can wait for.
fn short() -> Limits {
    Limits { headers: SECOND, body_time: SECOND, request: SECOND * 3, ..Limits::default() }
}

/// A client that sends one byte of a request now and then; returns how long the server let it.
async fn drip(address: SocketAddr, begin: Vec<u8>) -> Duration {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let since = Instant::now();
    stream.write_all(&begin).await.unwrap();
    let mut heard = [0; 4096];
    loop {
        match tokio::time::timeout(Duration::from_millis(200), stream.read(&mut heard)).await {
            Ok(Ok(0) | Err(_)) => return since.elapsed(),
            Ok(Ok(_)) => {}
            Err(_) => {
                if stream.write_all(b"x").await.is_err() || since.elapsed() > SECOND * 30 {
                    return since.elapsed();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_shown_the_door_and_keep_nobody_waiting() {
    each_backend(async |db| {
        // Fewer requests at a time than there are slow bodies: they must hold no place.
        let limits = Limits { requests: 16, ..short() };
        let site = open(&db, limits).await;
        let body = b"POST /s/none HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nq=".to_vec();
        let idle = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
        let headers = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_vec();
        let slow: Vec<_> = (0..200)
            .map(|number| [&headers, &body, &idle, &Vec::new()][number % 4].clone())
            .map(|begin| tokio::spawn(drip(site.address, begin)))
            .collect();
        let mut worst = Duration::ZERO;
        while !slow.iter().all(tokio::task::JoinHandle::is_finished) {
            let since = Instant::now();
            assert_eq!(site.get("/health").await.status, 200);
            worst = worst.max(since.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(worst < SECOND, "a normal request took {worst:?}");
        let mut longest = Duration::ZERO;
        for one in slow {
            longest = longest.max(one.await.unwrap());
        }
        println!("slow clients: closed after at most {longest:?}, a normal request took at most {worst:?}");
        // Ten seconds by default: within twelve then, within three here.
        assert!(longest < SECOND * 3, "{longest:?}");
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_places_are_turned_away_at_once_with_a_time_to_come_back() {
    each_backend(async |db| {
        let site = open(&db, Limits { requests: 2, ..Limits::default() }).await;
        // Requests that wait for the database: all its connections are taken.
        let (taken, number) = take_readers(&db).await;
        let waiting: Vec<_> = (0..2)
            .map(|_| tokio::spawn(send_owned(site.address, request("GET", "/s/none", &[], b""))))
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let since = Instant::now();
        // Whatever is asked: the places are the same for all paths.
        for path in ["/s/none", "/u/none", "/health"] {
            let reply = site.get(path).await;
            assert_eq!((reply.status, reply.header("retry-after")), (503, "2"), "{path}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff");
        }
        assert!(since.elapsed() < SECOND, "{number} taken, {:?}", since.elapsed());
        drop(taken);
        for one in waiting {
            assert_eq!(one.await.unwrap(), 404);
        }
        assert_eq!(site.get("/s/none").await.status, 404);
        site.close().await;
    })
    .await;
}

async fn send_owned(address: SocketAddr, request: Vec<u8>) -> u16 {
    send(address, &request).await.unwrap().status
}

/// Takes every connection that reads.
async fn take_readers(db: &Db) -> (Vec<cam::store::Tx>, usize) {
    let mut taken = Vec::new();
    while let Ok(Ok(tx)) = tokio::time::timeout(Duration::from_millis(1_500), db.read()).await {
        taken.push(tx);
    }
    let number = taken.len();
    (taken, number)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_has_begun_ends_although_the_service_stops() {
    each_backend(async |db| {
        let site = open(&db, Limits::default()).await;
        let (taken, _) = take_readers(&db).await;
        let begun = tokio::spawn(send_owned(site.address, request("GET", "/s/none", &[], b"")));
        let mut resting = TcpStream::connect(site.address).await.unwrap();
        resting.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut heard = [0; 4096];
        assert!(resting.read(&mut heard).await.unwrap() > 0);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let address = site.address;
        site.stop();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(TcpStream::connect(address).await.is_err(), "the door is still open");
        drop(taken);
        assert_eq!(begun.await.unwrap(), 404);
        // A connection that rests does not hold the end up.
        tokio::time::timeout(SECOND * 5, site.close()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_answered_all_the_same() {
    each_backend(async |db| {
        let site = open(&db, Limits { request: Duration::from_millis(500), ..Limits::default() }).await;
        let (taken, _) = take_readers(&db).await;
        let since = Instant::now();
        assert_eq!(site.get("/s/none").await.status, 503);
        assert!(since.elapsed() < SECOND * 3);
        drop(taken);
        assert_eq!(site.get("/s/none").await.status, 404);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_largest_size_passes_and_one_byte_more_does_not() {
    each_backend(async |db| {
        let site = open(&db, Limits::default()).await;
        let post = async |size: usize| {
            site.send("POST", "/s/none", &[("Content-Type", FORM)], &vec![b'x'; size]).await.status
        };
        assert_eq!(post(64 * 1024).await, 404);
        assert_eq!(post(64 * 1024 + 1).await, 413);
        // In pieces, without a length.
        let mut chunked =
            b"POST /s/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_vec();
        for _ in 0..9 {
            chunked.extend_from_slice(b"2000\r\n");
            chunked.extend_from_slice(&[b'x'; 0x2000]);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        assert_eq!(send(site.address, &chunked).await.unwrap().status, 413);
        site.close().await;
    })
    .await;
}

/// A request of somebody who reads Chinese.
async fn in_chinese(site: &Site, method: &str, path: &str, body: &[u8]) -> served::Reply {
    site.send(method, path, &[("Accept-Language", "zh-CN,zh;q=0.9"), ("Content-Type", FORM)], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_turned_away_or_waits_in_vain_reads_it_in_their_language_and_when_to_come_back() {
    each_backend(async |db| {
        let limits = Limits { requests: 1, request: SECOND, ..Limits::default() };
        let site = open(&db, limits).await;
        let (taken, _) = take_readers(&db).await;
        let waiting = request("GET", "/s/none", &[("Accept-Language", "zh")], b"");
        let waiting = {
            let address = site.address;
            tokio::spawn(async move { send(address, &waiting).await.unwrap() })
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        let english = site.get("/s/none").await;
        let chinese = in_chinese(&site, "POST", "/u/none", b"x=1").await;
        let late = waiting.await.unwrap();
        drop(taken);
        for (reply, words, path) in [
            (&english, "Too many people are answering just now.", "/s/none"),
            (&chinese, "现在作答的人太多。", "/u/none"),
            (&late, "现在作答的人太多。", "/s/none"),
        ] {
            assert_eq!(reply.status, 503);
            assert!(reply.body.contains(words), "{}", reply.body);
            assert_eq!(reply.links(), [path]);
            assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
            assert!(reply.header("content-type").starts_with("text/html"));
        }
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_or_too_slow_is_refused_in_words_of_the_reader() {
    each_backend(async |db| {
        let site = open(&db, short()).await;
        let large = in_chinese(&site, "POST", "/s/none", &vec![b'x'; 64 * 1024 + 1]).await;
        assert_eq!((large.status, large.header("connection")), (413, "close"));
        assert!(large.body.contains("内容太长"), "{}", large.body);
        let slow = b"POST /s/none HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nq=";
        let slow = send(site.address, slow).await.unwrap();
        assert_eq!((slow.status, slow.header("connection")), (408, "close"));
        assert!(slow.body.contains("That did not work."), "{}", slow.body);
        // Programs read this one.
        assert!(!site.get("/health").await.body.contains('<'));
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_says_so_before_it_closes_its_door() {
    each_backend(async |db| {
        let site = open(&db, Limits::default()).await;
        let limits = Limits { leaving: SECOND, ..Limits::default() };
        let edge = Edge::bind("127.0.0.1:0", Arc::clone(&site.service), limits).await.unwrap();
        let address = edge.address().unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let serving = tokio::spawn(edge.serve(stopped));
        assert_eq!(send_owned(address, request("GET", "/ready", &[], b"")).await, 200);
        stop.send_replace(true);
        let since = Instant::now();
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Requests that a proxy still sends are answered; it is asked to send no more.
        assert_eq!(send_owned(address, request("GET", "/ready", &[], b"")).await, 503);
        assert_eq!(send_owned(address, request("GET", "/health", &[], b"")).await, 200);
        assert_eq!(send_owned(address, request("GET", "/s/none", &[], b"")).await, 404);
        serving.await.unwrap().unwrap();
        assert!(since.elapsed() >= SECOND, "{:?}", since.elapsed());
        assert!(TcpStream::connect(address).await.is_err(), "the door is still open");
        site.close().await;
    })
    .await;
}
