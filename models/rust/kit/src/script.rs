//! Scripts, read from the spec.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::kernels::Kernel;
use crate::spec::{text, whole};
use crate::trial::Refusal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Compute {
        kernel: Kernel,
        amount: u64,
    },
    Wait {
        time: Duration,
    },
    Request {
        bytes: u32,
        delay: Duration,
    },
    Critical {
        lock: u64,
        body: Vec<Step>,
    },
    /// `lanes`: the connections that each branch needs.
    FanOut {
        width: u64,
        lanes: usize,
        body: Vec<Step>,
    },
}

pub struct Script {
    pub steps: Vec<Step>,
    pub expected: u64,
    /// Among the classes of all scripts; `None` where there is one kind of task.
    pub class: Option<usize>,
}

/// Calls visit for every step, bodies included.
pub fn each_step(steps: &[Step], visit: &mut impl FnMut(&Step)) {
    for step in steps {
        visit(step);
        if let Step::Critical { body, .. } | Step::FanOut { body, .. } = step {
            each_step(body, visit);
        }
    }
}

/// How many connections the steps need at once.
pub fn lanes_of(steps: &[Step]) -> usize {
    let lanes = steps.iter().map(|step| match step {
        Step::Request { .. } => 1,
        Step::Critical { body, .. } => lanes_of(body),
        Step::FanOut { width, lanes, .. } => *width as usize * lanes,
        _ => 0,
    });
    lanes.max().unwrap_or(0)
}

/// The locks that the steps name.
pub fn locks_of(steps: &[Step]) -> BTreeSet<u64> {
    let mut locks = BTreeSet::new();
    each_step(steps, &mut |step| {
        if let Step::Critical { lock, .. } = step {
            locks.insert(*lock);
        }
    });
    locks
}

pub fn read_steps(json: &Value, at: &str) -> Result<Vec<Step>, Refusal> {
    let steps = json.as_array().ok_or_else(|| Refusal::failed(format!("{at}: expected a list of steps")))?;
    steps.iter().enumerate().map(|(index, step)| read_step(step, &format!("{at}[{index}]"))).collect()
}

fn read_step(json: &Value, at: &str) -> Result<Step, Refusal> {
    let fields = json.as_object().ok_or_else(|| Refusal::failed(format!("{at}: expected a step")))?;
    let name = text(fields, "do", at)?;
    let only = |known: &[&str]| match fields.keys().find(|key| *key != "do" && !known.contains(&key.as_str())) {
        Some(other) => Err(Refusal::unsupported(format!("step {name} with \"{other}\""))),
        None => Ok(()),
    };
    let time = |field| whole(fields, field, at).map(Duration::from_nanos);
    match name {
        "compute" => {
            only(&["kernel", "amount"])?;
            let kernel = text(fields, "kernel", at)?;
            let kernel = Kernel::named(kernel).ok_or_else(|| Refusal::unsupported(format!("kernel \"{kernel}\"")))?;
            Ok(Step::Compute { kernel, amount: whole(fields, "amount", at)? })
        }
        "wait" => {
            only(&["time_ns"])?;
            Ok(Step::Wait { time: time("time_ns")? })
        }
        "request" => {
            only(&["bytes", "delay_ns"])?;
            let bytes = whole(fields, "bytes", at)?;
            let bytes =
                u32::try_from(bytes).map_err(|_| Refusal::failed(format!("{at}.bytes: {bytes} is too large")))?;
            Ok(Step::Request { bytes, delay: time("delay_ns")? })
        }
        "critical" => {
            only(&["lock", "body"])?;
            Ok(Step::Critical { lock: whole(fields, "lock", at)?, body: body(fields, at)? })
        }
        "fan_out" => {
            only(&["width", "body"])?;
            let body = body(fields, at)?;
            Ok(Step::FanOut { width: whole(fields, "width", at)?, lanes: lanes_of(&body), body })
        }
        _ => Err(Refusal::unsupported(format!("step \"{name}\""))),
    }
}

fn body(fields: &Map<String, Value>, at: &str) -> Result<Vec<Step>, Refusal> {
    read_steps(fields.get("body").unwrap_or(&Value::Null), &format!("{at}.body"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn steps(json: Value) -> Vec<Step> {
        read_steps(&json, "steps").unwrap()
    }
    fn request() -> Value {
        json!({"do": "request", "bytes": 1, "delay_ns": 1000})
    }
    fn fan_out(width: u64, body: Value) -> Value {
        json!({"do": "fan_out", "width": width, "body": body})
    }

    #[test]
    fn steps_need_as_many_connections_as_are_in_use_at_once() {
        assert_eq!(lanes_of(&steps(json!([{"do": "wait", "time_ns": 1}]))), 0);
        assert_eq!(lanes_of(&steps(json!([request(), request()]))), 1);
        let inner = fan_out(2, json!([{"do": "critical", "lock": 1, "body": [request()]}]));
        assert_eq!(lanes_of(&steps(json!([request(), fan_out(3, json!([request(), inner]))]))), 6);
    }

    #[test]
    fn locks_are_found_wherever_they_stand() {
        let inner = json!({"do": "critical", "lock": 9, "body": []});
        let outer = json!({"do": "critical", "lock": 4, "body": [fan_out(2, json!([inner]))]});
        assert_eq!(locks_of(&steps(json!([outer]))).into_iter().collect::<Vec<_>>(), [4, 9]);
    }

    #[test]
    fn what_is_not_known_is_unsupported_wherever_it_stands() {
        for (step, named) in [
            (json!({"do": "hop", "stage": 1}), "hop"),
            (json!({"do": "critical", "lock": 1, "body": [], "permits": 2}), "permits"),
            (json!({"do": "compute", "kernel": "sorting", "amount": 1}), "sorting"),
            (fan_out(1, json!([{"do": "hop"}])), "hop"),
        ] {
            let refusal = read_steps(&json!([step]), "steps").unwrap_err();
            assert!(refusal.unsupported && refusal.reason.contains(named), "{}", refusal.reason);
        }
    }

    #[test]
    fn what_is_no_step_fails_and_names_its_place() {
        for step in [
            json!({"do": "wait"}),
            json!({"do": "wait", "time_ns": -1}),
            json!(1),
            json!({"do": "critical", "lock": 1}),
        ] {
            let refusal = read_steps(&json!([fan_out(1, json!([step]))]), "steps").unwrap_err();
            assert!(!refusal.unsupported && refusal.reason.contains("steps[0].body[0]"), "{}", refusal.reason);
        }
    }
}
