//! A browser that a test drives: pages are opened, keys pressed and places tapped as a person does.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A phone, CSS px.
pub(crate) const PHONE: (u32, u32) = (360, 740);

/// Longest wait for an answer of the browser or for a page.
const PATIENCE: Duration = Duration::from_secs(20);

/// A key by its name, its code and what it types.
pub(crate) type Key = (&'static str, u32, &'static str);

pub(crate) const TAB: Key = ("Tab", 9, "");
pub(crate) const ENTER: Key = ("Enter", 13, "\r");
pub(crate) const SPACE: Key = (" ", 32, " ");
pub(crate) const LEFT: Key = ("ArrowLeft", 37, "");
pub(crate) const END: Key = ("End", 35, "");

/// A running browser with one page that is as large as a phone.
pub(crate) struct Browser {
    program: Child,
    to: File,
    from: Receiver<Value>,
    session: Option<String>,
    calls: u64,
    /// Names of the events since the last action.
    events: Vec<String>,
    _folder: TempDir,
}

impl Browser {
    pub(crate) fn open(chromium: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [to, from] = ["to", "from"].map(|name| folder.path().join(name));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        // The browser listens on descriptor 3 and answers on 4; the shell opens them and becomes the browser.
        let program = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<\"$TO\" 4>\"$FROM\""])
            .arg(chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--remote-debugging-pipe", "--lang=en"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .envs([("TO", &to), ("FROM", &from)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = File::options().write(true).open(to).unwrap();
        let mut messages = BufReader::new(File::open(from).unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while messages.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                let Ok(message) = serde_json::from_slice(bytes.strip_suffix(&[0]).unwrap_or(&bytes)) else {
                    return;
                };
                if sender.send(message).is_err() {
                    return;
                }
                bytes.clear();
            }
        });
        let mut browser =
            Self { program, to, from, session: None, calls: 0, events: Vec::new(), _folder: folder };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        browser.session = Some(session);
        browser.call("Page.enable", json!({}));
        let (width, height) = PHONE;
        let phone = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
        browser.call("Emulation.setDeviceMetricsOverride", phone);
        browser.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        browser.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }));
        browser
    }

    /// Lets no script of a page run.
    pub(crate) fn script_off(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }

    #[expect(clippy::needless_pass_by_value, reason = "parameters are written where they are passed")]
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.next(method);
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// The next message; events are kept by their names.
    fn next(&mut self, wanted: &str) -> Value {
        let message = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{wanted} did not come"));
        if let Some(event) = message["method"].as_str() {
            self.events.push(event.to_owned());
        }
        message
    }

    /// Does what leads to another page, and waits until that has loaded.
    pub(crate) fn leave(&mut self, action: impl FnOnce(&mut Self)) {
        self.events.clear();
        action(self);
        // A page that leaves while the action is still under way has loaded by then.
        while !self.events.iter().any(|event| event == "Page.loadEventFired") {
            self.next("the next page");
        }
    }

    pub(crate) fn visit(&mut self, address: &str) {
        self.leave(|browser| {
            let answer = browser.call("Page.navigate", json!({ "url": address }));
            assert!(answer["errorText"].is_null(), "{address}: {answer}");
        });
    }

    /// What the test, not the page, computes from the page.
    pub(crate) fn look(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn press(&mut self, (key, number, text): Key, shift: bool) {
        let code = if key == " " { "Space" } else { key };
        let modifiers = if shift { 8 } else { 0 };
        let event =
            json!({ "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers });
        let mut down = event.clone();
        down["type"] = json!(if text.is_empty() { "rawKeyDown" } else { "keyDown" });
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        let mut up = event;
        up["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", up);
    }

    /// Types a text key by key.
    pub(crate) fn write(&mut self, text: &str) {
        for letter in text.chars() {
            if letter == '\n' {
                self.press(ENTER, false);
                continue;
            }
            let down = json!({ "type": "keyDown", "key": letter.to_string(), "text": letter.to_string() });
            self.call("Input.dispatchKeyEvent", down);
            self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": letter.to_string() }));
        }
    }

    /// Touches a place of the page with a finger.
    pub(crate) fn touch(&mut self, x: f64, y: f64) {
        let touch = json!({ "type": "touchStart", "touchPoints": [{ "x": x, "y": y }] });
        self.call("Input.dispatchTouchEvent", touch);
        self.call("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] }));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let close = json!({ "id": self.calls + 1, "method": "Browser.close" });
        let asked = self.to.write_all(format!("{close}\0").as_bytes());
        for _ in 0..60 {
            if asked.is_err() || self.program.try_wait().is_ok_and(|status| status.is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
