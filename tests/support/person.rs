//! Somebody who answers with a browser as planned, by keys or by taps, and who notes what stood in the way.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::driven::{Browser, END, ENTER, Key, LEFT, PHONE, SPACE, TAB};

/// What somebody wants to say to a question.
#[derive(Clone, Copy)]
pub(crate) enum Say {
    Tile(&'static str),
    Several(&'static [&'static str]),
    Order(&'static [&'static str]),
    Text(&'static str),
    Day([&'static str; 3]),
}

/// What they say, what is stored of it, the question from which they go back to say something else to the one before, and
/// the question at which they change the language.
pub(crate) struct Plan {
    pub(crate) says: &'static [(&'static str, Say, &'static str)],
    pub(crate) back_at: &'static str,
    pub(crate) instead: &'static str,
    pub(crate) language_at: &'static str,
}

impl Plan {
    fn say(&self, question: &str) -> Say {
        self.says.iter().find(|(key, ..)| *key == question).unwrap_or_else(|| panic!("{question}?")).1
    }

    pub(crate) fn stored(&self) -> BTreeMap<String, String> {
        self.says.iter().map(|(key, _, stored)| ((*key).to_owned(), (*stored).to_owned())).collect()
    }
}

/// The focused control: whether it is the wanted one, whether the screen shows it, and whether it shows its focus.
const FOCUSED: &str = "(wanted, width, height) => {
  const control = document.activeElement;
  if (!control || control === document.body) return null;
  const parts = [control, ...(control.labels ?? [])].filter((part) => getComputedStyle(part).opacity !== '0');
  const inside = (part) => {
    const box = part.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height;
  };
  const ringed = (part) => {
    const style = getComputedStyle(part);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
  };
  const name = control.outerHTML.split('\\n')[0].slice(0, 140);
  return { name, wanted: control.matches(wanted), inside: inside(parts[0]), ringed: parts.some(ringed) };
}";

/// The middle of a control, or of the label in whose place it stands, and whether a finger there meets it.
const MIDDLE: &str = "(wanted) => {
  const control = document.querySelector(wanted);
  const part = control.type === 'checkbox' ? control.labels[0] : control;
  part.scrollIntoView({ block: 'center' });
  const box = part.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  return { x, y, met: part.contains(document.elementFromPoint(x, y)) };
}";

const QUESTION: &str =
    "document.querySelector('progress') ? document.querySelector('input[name=q]').value : ''";

/// How somebody uses a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hand {
    Keys,
    Taps,
}

/// Somebody with a browser.
pub(crate) struct Person {
    pub(crate) browser: Browser,
    hand: Hand,
    pub(crate) pages: usize,
    pub(crate) controls: usize,
    pub(crate) faults: Vec<String>,
}

impl Person {
    pub(crate) fn new(browser: Browser, hand: Hand) -> Self {
        Self { browser, hand, pages: 0, controls: 0, faults: Vec::new() }
    }

    fn question(&mut self) -> String {
        self.browser.look(QUESTION).as_str().unwrap().to_owned()
    }

    fn language(&mut self) -> String {
        self.browser.look("document.documentElement.lang").as_str().unwrap().to_owned()
    }

    fn there(&mut self, wanted: &str) -> bool {
        self.browser.look(&format!("!!document.querySelector({})", json!(wanted))) == true
    }

    /// Presses Tab, or Shift and Tab, and looks where that led.
    pub(crate) fn tab(&mut self, shift: bool, wanted: &str) -> Value {
        self.browser.press(TAB, shift);
        let (width, height) = PHONE;
        let found = self.browser.look(&format!("({FOCUSED})({}, {width}, {height})", json!(wanted)));
        if !found.is_null() {
            self.controls += 1;
            for law in ["inside", "ringed"] {
                if found[law] != true {
                    self.faults.push(format!("not {law}: {}", found["name"]));
                }
            }
        }
        found
    }

    /// Goes to a control with Tab; every third time one step too far, and back.
    fn reach(&mut self, wanted: &str) {
        for _ in 0..80 {
            if self.tab(false, wanted)["wanted"] == true {
                if self.pages.is_multiple_of(3) {
                    self.tab(false, wanted);
                    assert_eq!(self.tab(true, wanted)["wanted"], true, "{wanted}");
                }
                return;
            }
        }
        let page = self.browser.look("document.body.innerText");
        panic!("no key leads to {wanted} in {page}");
    }

    /// Goes to a control, and returns where a finger meets it.
    fn go_to(&mut self, wanted: &str) -> (f64, f64) {
        if self.hand == Hand::Keys {
            self.reach(wanted);
            return (0.0, 0.0);
        }
        let middle = self.browser.look(&format!("({MIDDLE})({})", json!(wanted)));
        self.controls += 1;
        if middle["met"] != true {
            self.faults.push(format!("a finger misses {wanted}"));
        }
        (middle["x"].as_f64().unwrap(), middle["y"].as_f64().unwrap())
    }

    /// Uses a control, which stays on the page; a field needs no key.
    pub(crate) fn choose(&mut self, wanted: &str, key: Option<Key>) {
        let (x, y) = self.go_to(wanted);
        match (self.hand, key) {
            (Hand::Taps, _) => self.browser.touch(x, y),
            (Hand::Keys, Some(key)) => self.browser.press(key, false),
            (Hand::Keys, None) => {}
        }
    }

    /// Uses a control that leads on.
    fn follow(&mut self, wanted: &str, key: Key) {
        self.pages += 1;
        let (x, y) = self.go_to(wanted);
        let hand = self.hand;
        self.browser.leave(|browser| match hand {
            Hand::Keys => browser.press(key, false),
            Hand::Taps => browser.touch(x, y),
        });
    }

    fn write(&mut self, field: &str, text: &str) {
        self.choose(field, None);
        match self.hand {
            Hand::Keys => {
                // A letter is left out, and put in with the arrow keys.
                let (head, tail) = text.split_at(2);
                self.browser.write(&head[1..]);
                self.browser.press(LEFT, false);
                self.browser.write(&head[..1]);
                self.browser.press(END, false);
                self.browser.write(tail);
            }
            Hand::Taps => {
                self.browser.call("Input.insertText", json!({ "text": text }));
            }
        }
    }

    /// Answers the question of the page; `key` presses the button.
    fn say(&mut self, say: Say, key: Key) {
        match say {
            Say::Tile(value) => self.follow(&format!("button[name=v][value='{value}']"), key),
            Say::Several(values) => {
                for value in values {
                    self.choose(&format!("input[value='{value}']"), Some(SPACE));
                }
                self.follow("button.go", key);
            }
            Say::Order(values) => {
                for value in values {
                    let tile = format!("button[name=v][value='{value}']");
                    if self.there(&tile) {
                        self.follow(&tile, key);
                    }
                }
            }
            Say::Text(text) => {
                self.write("#f", text);
                self.follow("button.go", key);
            }
            Say::Day(parts) => {
                for (field, part) in ["#f", "#fm", "#fd"].into_iter().zip(parts) {
                    self.choose(field, None);
                    self.browser.write(part);
                }
                self.follow("button.go", key);
            }
        }
    }

    /// Answers as planned to the last page, and returns the questions in the order in which they were answered.
    pub(crate) fn answer(&mut self, plan: &Plan) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let (mut went_back, mut spoke) = (false, false);
        loop {
            let question = self.question();
            assert!(seen.len() < 30, "{seen:?}");
            if question.is_empty() {
                break;
            }
            if question == plan.back_at && !went_back {
                went_back = true;
                self.follow(".bar a", ENTER);
                assert_eq!(Some(&self.question()), seen.last());
                assert!(self.there("button[aria-current=true]"));
                self.say(Say::Tile(plan.instead), SPACE);
                assert_eq!(self.question(), question);
            } else if question == plan.language_at && !spoke {
                spoke = true;
                assert_eq!(self.language(), "en");
                self.follow("nav a[hreflang=zh-Hans]", ENTER);
                assert_eq!((self.language().as_str(), self.question()), ("zh-Hans", question));
            } else {
                let key = if seen.len().is_multiple_of(2) { SPACE } else { ENTER };
                self.say(plan.say(&question), key);
                seen.push(question);
            }
        }
        assert!(went_back && spoke);
        assert_eq!(self.language(), "zh-Hans");
        seen
    }
}
