//! A task metadata endpoint that tests can turn.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use test_support::process::until;

/// How the endpoint answers.
#[derive(Debug, Clone)]
pub(crate) enum Mood {
    /// As it should.
    Fine,
    /// With this status and text.
    Wrong(u16, String),
    /// Not within a second.
    Slow(Duration),
    /// With the connection cut.
    Gone,
}

/// Serves until the process ends.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    listens_at: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    task: Value,
    stats: Value,
    mood: Mood,
    asked: Vec<String>,
}

impl Metadata {
    /// A Fargate task with the router in it and these containers, all running.
    pub(crate) fn start(containers: &[&str]) -> Self {
        let all = containers.iter().chain(&["log_router"]).map(|name| running(name)).collect::<Vec<_>>();
        let task = json!({
            "Cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "TaskARN": "arn:aws:ecs:eu-west-1:111122223333:task/prod/7378aadeebae5d55dee04916c8a42528",
            "Family": "web", "Revision": "42", "ServiceName": "web", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING",
            "LaunchType": "FARGATE", "AvailabilityZone": "eu-west-1a", "Containers": all,
        });
        let loopback = ["127.0.0.1:0", "[::1]:0"].map(|address| address.parse::<SocketAddr>().unwrap());
        // The second where there is no IPv4.
        let listener = TcpListener::bind(loopback.as_slice()).unwrap();
        let listens_at = listener.local_addr().unwrap();
        let state =
            Arc::new(Mutex::new(State { task, stats: json!({}), mood: Mood::Fine, asked: Vec::new() }));
        let this = Self { listens_at, state };
        let server = this.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                std::thread::spawn(move || server.answer(stream));
            }
        });
        this
    }

    /// What ECS would set in the environment.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/v4/me", self.listens_at)
    }

    /// Changes a container.
    pub(crate) fn change(&self, container: &str, changes: Value) {
        let mut state = self.state.lock().unwrap();
        let containers = state.task["Containers"].as_array_mut().unwrap();
        let container = containers.iter_mut().find(|one| one["Name"] == container).unwrap();
        container.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    }

    /// A container ends now.
    pub(crate) fn end(&self, container: &str, code: i64) {
        let now = jiff::Timestamp::now().to_string();
        self.change(container, json!({"KnownStatus": "STOPPED", "ExitCode": code, "FinishedAt": now}));
    }

    /// A container uses so much memory.
    pub(crate) fn use_memory(&self, container: &str, bytes: u64) {
        let stats =
            json!({"memory_stats": {"usage": bytes, "limit": 1_u64 << 40, "stats": {"inactive_file": 0}}});
        self.state.lock().unwrap().stats[id(container)] = stats;
    }

    /// The task is to stop.
    pub(crate) fn stop(&self) {
        self.state.lock().unwrap().task["DesiredStatus"] = json!("STOPPED");
    }

    pub(crate) fn turn(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    /// Returns when the router has looked at the task: what changes then is news to it.
    #[track_caller]
    pub(crate) fn wait_for_look(&self) {
        let looked = || self.asked().iter().any(|path| path.ends_with("/task")).then_some(());
        until(Duration::from_secs(60), looked).expect("a look");
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut request = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut request) {
            let path =
                String::from_utf8_lossy(&request[..length]).split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = match self.say(path) {
                Some(answer) => answer,
                None => return,
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
                return;
            }
        }
    }

    fn say(&self, path: String) -> Option<(u16, String)> {
        let (mood, task) = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(path.clone());
            (state.mood.clone(), state.task.clone())
        };
        match mood {
            Mood::Fine if path.ends_with("/task/stats") => {
                Some((200, self.state.lock().unwrap().stats.to_string()))
            }
            Mood::Fine if path.ends_with("/task") => Some((200, task.to_string())),
            Mood::Fine => Some((200, running("log_router").to_string())),
            Mood::Wrong(status, text) => Some((status, text)),
            Mood::Slow(pause) => {
                std::thread::sleep(pause);
                Some((200, task.to_string()))
            }
            Mood::Gone => None,
        }
    }
}

/// The runtime's id of a container of this name.
pub(crate) fn id(container: &str) -> String {
    format!("7378aadeebae5d55dee04916c8a42528-{container}")
}

fn running(name: &str) -> Value {
    json!({
        "DockerId": id(name), "Name": name, "Image": format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{name}:v7"),
        "KnownStatus": "RUNNING", "DesiredStatus": "RUNNING", "Type": "NORMAL", "CreatedAt": "2026-11-21T10:00:00Z",
        "StartedAt": "2026-11-21T10:00:01Z",
    })
}
