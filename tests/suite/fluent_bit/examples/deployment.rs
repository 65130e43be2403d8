//! An example as it is deployed: its files, its environment, and what FireLens generates around it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use fake_cloud::Cloud;
use serde_json::Value;

use super::conf::{Changes, Environment, Output, port_of_http_input, tags_of_events};
use super::files;
use test_support::plugin::library;
use test_support::port::free_port;

use crate::fluent_bit::host::{Alive, Where};
use crate::watching::metadata::Metadata;
use test_support::plain_http::get;
use test_support::temp::TempDir;

/// The queue of a collector, in the fake cloud.
pub(super) const QUEUE: &str = "ecs-stops";

/// Before it runs.
#[derive(Debug)]
pub(super) struct Deployment {
    /// The example's file.
    pub(super) name: String,
    /// Files of the image's `/ecs-router/`, by name.
    image: BTreeMap<String, String>,
    /// What Fluent Bit is started with.
    main: String,
    environment: Environment,
}

/// While it runs.
pub(super) struct Deployed {
    pub(super) host: Alive,
    /// Whether FireLens's log driver can reach it.
    pub(super) is_sidecar: bool,
    /// Of its `http` input, if it has one.
    pub(super) http_input: Option<u16>,
    pub(super) polls_queue: bool,
}

impl Deployment {
    /// A file that a reader copies: a whole configuration, or FireLens's `extra.conf`. `None` if nothing is routed in it.
    pub(super) fn of_conf(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        // Files of the same folder come before those of the image.
        let image: BTreeMap<_, _> = image().into_iter().chain(confs_in(path.parent()?)).collect();
        let text = &image[name];
        let environment = environment_of_all();
        if Output::all_in(text, &environment).is_empty() {
            return None;
        }
        let main = if text.contains("[INPUT]") { text.clone() } else { firelens(name, "") };
        Some(Self { name: path.display().to_string(), image, main, environment })
    }

    /// A task, as ECS starts it: what its router runs, and the log driver's options of the others.
    pub(super) fn of_task(path: &Path) -> Self {
        let task = read(path);
        let containers = task["containerDefinitions"].as_array().expect("containers");
        let image = image();
        let router = containers.iter().find(|one| one["firelensConfiguration"].is_object());
        let mut environment = router.map(environment_of).unwrap_or_default();
        let main = match router {
            Some(router) => {
                let file = file_of(&router["firelensConfiguration"]["options"]["config-file-value"]);
                let outputs =
                    containers.iter().enumerate().map(|(index, one)| output(index, one, &mut environment));
                firelens(&file, &outputs.collect::<String>())
            }
            None => {
                environment = environment_of(&containers[0]);
                image[&file_of(&containers[0]["command"][1])].clone()
            }
        };
        Self { name: path.display().to_string(), image, main, environment }
    }

    /// Every output of the plugin, in all of its files that are read.
    pub(super) fn outputs(&self) -> Vec<Output> {
        let included = self
            .image
            .iter()
            .filter(|(name, _)| self.main.contains(&format!("@INCLUDE /ecs-router/{name}\n")));
        let texts = included.map(|(_, text)| text).chain([&self.main]);
        texts.flat_map(|text| Output::all_in(text, &self.environment)).collect()
    }

    /// Tags of the inputs that bring events.
    pub(super) fn tags_of_events(&self) -> Vec<String> {
        tags_of_events(&self.main)
    }

    /// Where the router's container has the task's volumes.
    pub(super) fn mount_points(&self) -> Vec<String> {
        let task = read(Path::new(&self.name));
        let volumes = listed(&task, "volumes");
        let is_volume = |name: &Value| volumes.iter().any(|volume| volume["name"] == *name);
        let mounts =
            listed(&task, "containerDefinitions").into_iter().flat_map(|one| listed(&one, "mountPoints"));
        let mounts = mounts.filter(|mount| is_volume(&mount["sourceVolume"]));
        mounts.map(|mount| mount["containerPath"].as_str().expect("a path").to_owned()).collect()
    }

    pub(super) fn start(&self, binary: &Path, cloud: &Cloud, metadata: &Metadata) -> Deployed {
        let place = TempDir::new();
        let (socket, port) = (place.path().join("fluent.sock"), free_port());
        let environment = self.environment_in(cloud);
        let changes = Changes {
            folder: place.path(),
            http_port: port,
            endpoint: cloud.endpoint(),
            environment: &environment,
        };
        let main =
            self.install(&place, &changes).replace("/var/run/fluent.sock", &socket.display().to_string());
        let conf = place.file("fluent-bit.conf", &main);
        let is_sidecar = main.contains("fluent.sock");
        let metadata = ("ECS_CONTAINER_METADATA_URI_V4".to_owned(), metadata.address());
        let variables = environment.into_iter().chain(is_sidecar.then_some(metadata)).collect();
        let ready = || match is_sidecar {
            true => UnixStream::connect(&socket).is_ok(),
            // The health check of the task definitions.
            false => get(port, "/api/v1/uptime").is_ok(),
        };
        let at = Where { place, socket: socket.clone(), port, forward_port: port };
        Deployed {
            host: Alive::start(binary, &conf, variables, at, ready),
            is_sidecar,
            http_input: port_of_http_input(&main),
            polls_queue: main.contains("queue.url"),
        }
    }

    /// Lays the image's files down; what Fluent Bit is started with, changed as they are.
    fn install(&self, place: &TempDir, changes: &Changes<'_>) -> String {
        std::fs::create_dir(place.path().join("ecs-router")).unwrap();
        symlink(library(), place.path().join("ecs-router/libout_ecs_router.so")).unwrap();
        for (name, text) in &self.image {
            place.file(&format!("ecs-router/{name}"), &changes.make(text));
        }
        changes.make(&self.main)
    }

    /// With the fake cloud's addresses.
    fn environment_in(&self, cloud: &Cloud) -> Environment {
        let mut environment = self.environment.clone();
        let addresses = [
            ("QUEUE_URL", cloud.sqs().url(QUEUE)),
            ("SLACK_WEBHOOK_URL", format!("{}/services/T0/B0/x", cloud.endpoint())),
        ];
        for (name, address) in addresses {
            environment.entry(name.to_owned()).and_modify(|value| *value = address);
        }
        environment
    }
}

/// What ECS generates for a task in awsvpc mode, around the file that the router's container names.
/// (ecs-agent, `firelensconfig_unix.go`, read 2026-11)
fn firelens(file: &str, outputs: &str) -> String {
    let input = "[INPUT]\n    Name";
    format!(
        "{input} forward\n    Mem_Buf_Limit 64MB\n    unix_path /var/run/fluent.sock\n\n\
         {input} forward\n    Listen 127.0.0.1\n    Port 24224\n\n\
         {input} tcp\n    Tag firelens-healthcheck\n    Listen 127.0.0.1\n    Port 8877\n\n\
         [FILTER]\n    Name record_modifier\n    Match *\n    Record ecs_cluster prod\n    \
         Record ecs_task_arn arn:aws:ecs:eu-west-1:111122223333:task/prod/{TASK}\n    \
         Record ecs_task_definition web:42\n\n\
         @INCLUDE /ecs-router/{file}\n\n\
         [OUTPUT]\n    Name null\n    Match firelens-healthcheck\n{outputs}"
    )
}

/// The task that runs, in everything FireLens and the metadata endpoint say.
pub(super) const TASK: &str = "7378aadeebae5d55dee04916c8a42528";

/// The [OUTPUT] of a container's log driver: its options in alphabetic order; a secret comes by a variable of the
/// router's, which is set to something here.
fn output(index: usize, container: &Value, environment: &mut Environment) -> String {
    let driver = &container["logConfiguration"];
    let Some(options) = driver["options"].as_object().filter(|_| driver["logDriver"] == "awsfirelens") else {
        return String::new();
    };
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut keys: BTreeMap<String, String> =
        options.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    for secret in driver["secretOptions"].as_array().into_iter().flatten() {
        let variable = format!("{}_{index}", text(&secret["name"]));
        keys.insert(text(&secret["name"]), format!("${{{variable}}}"));
        environment.insert(variable, SECRET.to_owned());
    }
    let name = keys.remove("Name").expect("ECS demands a Name");
    let mut output =
        format!("\n[OUTPUT]\n    Name {name}\n    Match {}-firelens*\n", text(&container["name"]));
    keys.iter().for_each(|(key, value)| writeln!(output, "    {key} {value}").unwrap());
    output
}

const SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the image holds, by the Dockerfile's own line.
fn image() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dockerfile = std::fs::read_to_string(root.join("examples/docker/Dockerfile")).unwrap();
    let is_ours = |line: &&str| line.starts_with("COPY examples/") && line.ends_with(" /ecs-router/");
    let line = dockerfile.lines().find(is_ours).expect("the configurations are copied");
    let folders = line.split(' ').filter_map(|word| word.strip_suffix("/*.conf"));
    folders.flat_map(|folder| confs_in(&root.join(folder))).collect()
}

fn confs_in(folder: &Path) -> BTreeMap<String, String> {
    let paths = files("conf").into_iter().filter(|path| path.parent() == Some(folder));
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.map(|path| (name(&path), std::fs::read_to_string(path).unwrap())).collect()
}

/// What all routers of the task definitions get together: names mean the same in all of them.
fn environment_of_all() -> Environment {
    let tasks = files("json").into_iter().map(|path| read(&path));
    let tasks: Vec<Value> = tasks.filter(|task| task["containerDefinitions"].is_array()).collect();
    let containers =
        tasks.iter().flat_map(|task| task["containerDefinitions"].as_array().expect("containers"));
    containers.flat_map(environment_of).collect()
}

fn environment_of(container: &Value) -> Environment {
    let listed = |key: &str| listed(container, key);
    let name = |one: &Value| one["name"].as_str().expect("a name").to_owned();
    let plain = listed("environment")
        .into_iter()
        .map(|one| (name(&one), one["value"].as_str().expect("a value").to_owned()));
    plain.chain(listed("secrets").iter().map(|one| (name(one), SECRET.to_owned()))).collect()
}

fn listed(value: &Value, key: &str) -> Vec<Value> {
    value[key].as_array().cloned().unwrap_or_default()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Only what lies in the image can be named.
fn file_of(value: &Value) -> String {
    let path = value.as_str().expect("a path");
    path.strip_prefix("/ecs-router/").unwrap_or_else(|| panic!("{path} is not in the image")).to_owned()
}
