//! Calls that prove a credential and name its account, and the look-ups that fill the connection.

use catalog::provider::{AfterConnect, JsonKind, Otherwise, Verify};
use serde_json::{Value, json};

use crate::arrived::Arrived;
use crate::cast::Cast;
use crate::knowledge::Light;
use crate::path;
use crate::simulator::{Reply, Simulator};
use crate::spec::Spec;
use crate::template::{Piece, fill, read};

impl Simulator {
    /// Expects what is called once a credential is there.
    pub(crate) fn expect_connected(&mut self) {
        let entry = self.entry.clone();
        if let Some(verify) = &entry.verify {
            self.expect_verification(verify);
        }
        if self.refuses {
            return;
        }
        self.expect_step(0);
        if entry.identity.is_some() {
            self.expect("identity", Self::identity_spec, |simulator, _| simulator.identity_answer());
        }
        self.expect_second_token();
    }

    fn identity_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let identity = entry.identity.as_ref().ok_or("the entry has no identity")?;
        self.described(&identity.call(), arrived)
    }

    /// The name and the identifier that the identity call tells.
    pub fn account(&self) -> Option<(Option<String>, Option<String>)> {
        let identity = self.entry.identity.as_ref()?;
        let name = identity.name_path.as_ref().map(|_| "Ada Lovelace".to_owned());
        Some((name, identity.id_path.as_ref().map(|_| "account-4711".to_owned())))
    }

    fn identity_answer(&self) -> Reply {
        let mut answer = json!({});
        if let (Some(identity), Some((name, id))) = (&self.entry.identity, self.account()) {
            for (at, said) in [(&identity.id_path, id), (&identity.name_path, name)] {
                if let (Some(at), Some(said)) = (at, said) {
                    // Where both are the same value, the name is told.
                    answer = if answer == json!({}) && at.starts_with(|c: char| c.is_ascii_digit()) {
                        json!([])
                    } else {
                        answer
                    };
                    path::put(&mut answer, at, Value::String(said));
                }
            }
        }
        Reply::json(&answer)
    }

    fn expect_verification(&mut self, verify: &Verify) {
        let urls = verify.or_urls.len();
        self.expect_try(0, urls);
    }

    /// Expects the check at the first URL or one of the others; all but the last refuse.
    fn expect_try(&mut self, number: usize, last: usize) {
        self.expect(
            "verify",
            move |simulator, arrived| simulator.verify_spec(number, arrived),
            move |simulator, _| {
                if number == last {
                    return simulator.verify_answer();
                }
                simulator.expect_try(number + 1, last);
                Reply::refusal(401, "unauthorized")
            },
        );
    }

    fn verify_spec(&self, number: usize, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let verify = entry.verify.as_ref().ok_or("the entry has no check")?;
        let other = number.checked_sub(1).and_then(|number| verify.or_urls.get(number));
        let other = other.map(|template| catalog::Alternatives::from(template.clone()));
        let call = verify.call();
        let call = catalog::provider::Call { url: other.as_ref().unwrap_or(call.url), ..call };
        self.described(&call, arrived)
    }

    /// A refusal as this vendor words it: some say it with a status of success.
    fn verify_refusal(&self) -> Reply {
        let Some(verify) = &self.entry.verify else { return Reply::refusal(500, "no_check") };
        if let Some(reject) = &verify.reject {
            let mut answer = json!({});
            path::put(
                &mut answer,
                reject.path.as_deref().unwrap_or("said"),
                json!(format!("xx {} xx", reject.contains)),
            );
            return Reply::json(&answer);
        }
        if let Some(at) = &verify.expect.path {
            let mut answer = json!({});
            path::put(&mut answer, at, json!("nothing of the kind"));
            return Reply::json(&answer);
        }
        Reply::refusal(401, "unauthorized")
    }

    fn verify_answer(&self) -> Reply {
        if self.refuses {
            return self.verify_refusal();
        }
        let Some(verify) = &self.entry.verify else { return Reply::refusal(500, "no_check") };
        let expect = &verify.expect;
        let mut answer = json!({});
        if let Some(at) = &expect.path {
            let said = match (&expect.equals, expect.is) {
                (Some(template), _) => json!(self.text(template, Light::default())),
                (None, Some(JsonKind::Array)) => json!([]),
                (None, Some(JsonKind::Object) | None) => json!({}),
            };
            path::put(&mut answer, at, said);
        }
        Reply { status: expect.status.unwrap_or(200), ..Reply::json(&answer) }
    }

    /// Expects the step after connecting of this number, or does what it does without a call.
    fn expect_step(&mut self, number: usize) {
        let entry = self.entry.clone();
        let Some(step) = entry.after_connect.get(number) else {
            return;
        };
        let is_news = |field: &String| !self.grant.connection.contains_key(field);
        let is_needed = step.sets.is_empty() || step.sets.keys().any(is_news);
        let can_be_called = step.url.as_ref().is_some_and(|url| self.address_below(url).is_some());
        if !can_be_called {
            if step.url.is_none() {
                self.take_step(number, &Value::Null);
            }
            self.expect_step(number + 1);
            return;
        }
        let spec = move |simulator: &Self, arrived: &Arrived| {
            let entry = simulator.entry.clone();
            let call = entry.after_connect.get(number).and_then(AfterConnect::call);
            simulator.described(&call.ok_or("the step makes no call")?, arrived)
        };
        let answer = move |simulator: &mut Self, _: &Arrived| {
            let reply = simulator.step_answer(number);
            simulator.expect_step(number + 1);
            reply
        };
        if is_needed {
            self.expect("after connect", spec, answer);
        } else {
            self.allow("after connect", spec, answer);
            self.expect_step(number + 1);
        }
    }

    fn step_answer(&mut self, number: usize) -> Reply {
        let entry = self.entry.clone();
        let Some(step) = entry.after_connect.get(number) else { return Reply::refusal(500, "no_step") };
        let mut element = json!({});
        for (field, template) in &step.sets {
            self.write_answer(&mut element, field, template.source());
        }
        let mut answer = element.clone();
        if let Some(choose) = &step.choose {
            let mut list = vec![element.clone()];
            let equals = choose.equals.as_ref().map(|equals| self.text(equals, Light::default()));
            let is_matched = equals.as_ref().is_some_and(Option::is_some);
            if let (Some(at), Some(equals)) = (&choose.path, equals) {
                let said = equals.unwrap_or_else(|| "nobody asked for this".to_owned());
                let said = if said == "true" { json!(true) } else { json!(said) };
                path::put(&mut list[0], at, said);
                let mut other = element.clone();
                spoil(&mut other);
                path::put(&mut other, at, json!("another"));
                list.insert(0, other);
            } else if choose.otherwise == Some(Otherwise::First) {
                let mut other = element.clone();
                spoil(&mut other);
                list.push(other);
            }
            answer = json!(list);
            if let Some(at) = &choose.list {
                let mut outer = json!({});
                path::put(&mut outer, at, answer);
                answer = outer;
            }
            element = list_choice(&list, is_matched);
        }
        self.take_step(number, &element);
        Reply::json(&answer)
    }

    /// Writes what a template of a field reads, such that the field becomes something fit.
    fn write_answer(&self, element: &mut Value, field: &str, source: &str) {
        let fit = Cast::learned(&self.entry, field);
        for piece in read(source) {
            let (name, said) = match &piece {
                Piece::Value(name) => (name.clone(), fit.clone()),
                Piece::Function(function, arguments) => {
                    let [.., last] = arguments.as_slice() else { continue };
                    let [Piece::Value(name)] = last.as_slice() else { continue };
                    (name.clone(), undone(function, arguments, &fit))
                }
                Piece::Text(_) => continue,
            };
            if let Some(at) = name.strip_prefix("answer.") {
                path::put(element, at, Value::String(said));
            }
        }
    }

    /// A value in a token answer that a template reads, such that the field it leads to becomes something fit.
    pub(crate) fn fitting_answer(&self, placeholder: &str) -> String {
        for (field, template) in self.entry.after_connect.iter().flat_map(|step| &step.sets) {
            for piece in read(template.source()) {
                if let Piece::Function(function, arguments) = piece
                    && arguments.last() == Some(&vec![Piece::Value(placeholder.to_owned())])
                {
                    return undone(function, &arguments, &Cast::learned(&self.entry, field));
                }
            }
        }
        Cast::fitting(&self.entry, placeholder)
    }

    /// What a step does with its answer: fields that nobody entered are set, others are removed.
    fn take_step(&mut self, number: usize, answer: &Value) {
        let entry = self.entry.clone();
        let Some(step) = entry.after_connect.get(number) else { return };
        for (field, template) in &step.sets {
            let value = fill(template.source(), &|name| match name.strip_prefix("answer.") {
                Some(at) => path::text(answer, at),
                None => self.value(name, Light::default()),
            });
            if let Some(value) = value.filter(|_| !self.cast.connection.contains_key(field)) {
                self.grant.connection.insert(field.clone(), value);
            }
        }
        for field in &step.erases {
            self.grant.connection.remove(field);
        }
    }
}

/// The text that a function makes the wanted value of.
fn undone(function: &str, arguments: &[Vec<Piece>], wanted: &str) -> String {
    let mark = match arguments.first().map(Vec::as_slice) {
        Some([Piece::Text(mark)]) => mark.as_str(),
        _ => "",
    };
    match function {
        "before" => format!("{wanted}{mark}rest.example.org"),
        "after" => format!("https://www.{mark}{wanted}"),
        "after_last" => format!("https://api.example.org{mark}{wanted}"),
        _ => wanted.to_owned(),
    }
}

fn list_choice(list: &[Value], is_matched: bool) -> Value {
    let index = usize::from(is_matched && list.len() > 1);
    list.get(index).cloned().unwrap_or_default()
}

/// Makes every text another one.
fn spoil(value: &mut Value) {
    match value {
        Value::String(text) => text.push_str("other"),
        Value::Array(list) => list.iter_mut().for_each(spoil),
        Value::Object(table) => table.values_mut().for_each(spoil),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
