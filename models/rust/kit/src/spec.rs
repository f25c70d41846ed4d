//! The spec of a trial.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::kernels::Kernel;
use crate::script::{each_step, lanes_of, locks_of, read_steps, Script, Step};
use crate::trial::Refusal;

pub const PROTOCOL: u64 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadKind {
    Closed,
    Fixed,
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenSpec {
    pub rate_per_s: f64,
    pub poisson: bool,
    pub sheds: bool,
    pub seed: u64,
    pub drain_ns: u64,
}

pub struct LoadSpec {
    pub kind: LoadKind,
    pub concurrency: usize,
    pub tasks: u64,
    pub warmup_ns: u64,
    pub most_warmup_ns: u64,
    pub duration_ns: u64,
    pub open: Option<OpenSpec>,
}

#[derive(Clone)]
pub struct Peer {
    pub address: String,
    pub port: u16,
}

pub struct Spec {
    pub trial: String,
    pub model: String,
    pub settings: BTreeMap<String, String>,
    pub workers: usize,
    pub load: LoadSpec,
    pub scripts: Vec<Script>,
    pub order: Vec<usize>,
    pub classes: Vec<String>,
    pub peer: Option<Peer>,
}

impl Spec {
    pub fn read(json: &Value) -> Result<Self, Refusal> {
        let fields = json.as_object().ok_or_else(|| Refusal::failed("the spec is no object"))?;
        let protocol = whole(fields, "protocol", "spec")?;
        if protocol != PROTOCOL {
            return Err(Refusal::unsupported(format!("protocol {protocol}, where this program speaks {PROTOCOL}")));
        }
        let load = read_load(object(fields, "load")?)?;
        let named = array(fields, "scripts")?;
        let classes: BTreeSet<&str> = named.iter().filter_map(|script| script["class"].as_str()).collect();
        let classes: Vec<String> = classes.into_iter().filter(|name| !name.is_empty()).map(String::from).collect();
        let scripts = named
            .iter()
            .enumerate()
            .map(|(index, script)| read_script(script, &format!("scripts[{index}]"), &classes))
            .collect::<Result<Vec<_>, _>>()?;
        let order = array(fields, "order")?
            .iter()
            .map(|index| index.as_u64().map(|index| index as usize).filter(|&index| index < scripts.len()))
            .collect::<Option<Vec<_>>>()
            .filter(|order| !order.is_empty())
            .ok_or_else(|| Refusal::failed("order: expected numbers of scripts"))?;
        Ok(Self {
            trial: text(fields, "trial", "spec")?.into(),
            model: text(fields, "model", "spec")?.into(),
            settings: object(fields, "settings")?
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().into()))
                .collect(),
            workers: whole(fields, "workers", "spec")?.max(1) as usize,
            load,
            scripts,
            order,
            classes,
            peer: fields.get("peer").and_then(Value::as_object).map(read_peer).transpose()?,
        })
    }

    /// Connections that a slot needs.
    pub fn lanes(&self) -> usize {
        self.scripts.iter().map(|script| lanes_of(&script.steps)).max().unwrap_or(0)
    }

    /// Of the longest request.
    pub fn most_bytes(&self) -> u32 {
        let mut most = 0;
        for script in &self.scripts {
            each_step(&script.steps, &mut |step| {
                if let Step::Request { bytes, .. } = step {
                    most = most.max(*bytes);
                }
            });
        }
        most
    }

    pub fn locks(&self) -> BTreeSet<u64> {
        self.scripts.iter().flat_map(|script| locks_of(&script.steps)).collect()
    }

    /// Whether a step of any script is like that.
    pub fn has(&self, is_like: impl Fn(&Step) -> bool) -> bool {
        let mut found = false;
        for script in &self.scripts {
            each_step(&script.steps, &mut |step| found |= is_like(step));
        }
        found
    }

    pub fn has_kernel(&self, wanted: Kernel) -> bool {
        self.has(|step| matches!(step, Step::Compute { kernel, .. } if *kernel == wanted))
    }
}

fn read_load(fields: &Map<String, Value>) -> Result<LoadSpec, Refusal> {
    let ns = |name| whole(fields, name, "load");
    let kind = match text(fields, "kind", "load")? {
        "closed" => LoadKind::Closed,
        "fixed" => LoadKind::Fixed,
        "open" => LoadKind::Open,
        other => return Err(Refusal::unsupported(format!("a load of the kind \"{other}\""))),
    };
    Ok(LoadSpec {
        kind,
        concurrency: ns("concurrency")?.max(1) as usize,
        tasks: ns("tasks")?,
        warmup_ns: ns("warmup_ns")?,
        most_warmup_ns: ns("most_warmup_ns")?,
        duration_ns: ns("duration_ns")?,
        open: if kind == LoadKind::Open { Some(read_open(fields)?) } else { None },
    })
}

fn read_open(fields: &Map<String, Value>) -> Result<OpenSpec, Refusal> {
    let choice = |name: &str, one: &str, other: &str| {
        let value = fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let unknown = || Refusal::unsupported(format!("an open load with {name} \"{value}\""));
        (value == one || value == other).then(|| value == one).ok_or_else(unknown)
    };
    let rate = fields.get("rate_per_s").and_then(Value::as_f64).filter(|rate| *rate > 0.0);
    Ok(OpenSpec {
        poisson: choice("arrivals", "poisson", "constant")?,
        sheds: choice("late", "shed", "wait")?,
        rate_per_s: rate.ok_or_else(|| Refusal::failed("load.rate_per_s: not a number above 0"))?,
        seed: hex(text(fields, "seed_of_arrivals", "load")?, "load.seed_of_arrivals")?,
        drain_ns: whole(fields, "drain_ns", "load")?,
    })
}

fn read_script(json: &Value, at: &str, classes: &[String]) -> Result<Script, Refusal> {
    let fields = json.as_object().ok_or_else(|| Refusal::failed(format!("{at}: expected a script")))?;
    let class = text(fields, "class", at)?;
    Ok(Script {
        steps: read_steps(fields.get("steps").unwrap_or(&Value::Null), &format!("{at}.steps"))?,
        expected: hex(text(fields, "digest", at)?, &format!("{at}.digest"))?,
        class: classes.iter().position(|name| name == class),
    })
}

fn read_peer(fields: &Map<String, Value>) -> Result<Peer, Refusal> {
    Ok(Peer { address: text(fields, "address", "peer")?.into(), port: whole(fields, "port", "peer")? as u16 })
}

fn hex(digits: &str, at: &str) -> Result<u64, Refusal> {
    u64::from_str_radix(digits, 16).map_err(|_| Refusal::failed(format!("{at}: expected hexadecimal digits")))
}

fn object<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, Refusal> {
    let found = fields.get(name).and_then(Value::as_object);
    found.ok_or_else(|| Refusal::failed(format!("{name}: expected an object")))
}

fn array<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a Vec<Value>, Refusal> {
    fields.get(name).and_then(Value::as_array).ok_or_else(|| Refusal::failed(format!("{name}: expected a list")))
}

pub fn text<'a>(fields: &'a Map<String, Value>, name: &str, at: &str) -> Result<&'a str, Refusal> {
    fields.get(name).and_then(Value::as_str).ok_or_else(|| Refusal::failed(format!("{at}.{name}: expected text")))
}

pub fn whole(fields: &Map<String, Value>, name: &str, at: &str) -> Result<u64, Refusal> {
    let found = fields.get(name).and_then(Value::as_u64);
    found.ok_or_else(|| Refusal::failed(format!("{at}.{name}: expected a whole number")))
}
