use crate::check::task::tests::{assert_says, said, task};

#[test]
fn members_exist_and_have_their_type() {
    for (keys, app, part) in [
        (
            "",
            r#""portMappings": [{"containerPort": 80, "protocol": "TCP"}],"#,
            "protocol: 'TCP' is not a value",
        ),
        ("", r#""portMappings": [{"containerPort": 80, "appProtocol": "https"}],"#, "write http"),
        ("", r#""portMappings": [80],"#, "portMappings: must be a map"),
        ("", r#""portMappings": [{"container_port": 80}],"#, "did you mean containerPort?"),
        ("", r#""healthCheck": true,"#, "healthCheck: must be a map"),
        ("", r#""healthCheck": {"command": ["CMD", "x"], "interval": "5"},"#, "interval: must be a number"),
        ("", r#""restartPolicy": "always","#, "restartPolicy: must be a map"),
        ("", r#""restartPolicy": {"restartAttemptPeriod": 60},"#, "has no enabled"),
        ("", r#""ulimits": [{"name": "nofiles", "softLimit": 1, "hardLimit": 1}],"#, "write nofile"),
        ("", r#""linuxParameters": {"initProcessEnabled": "true"},"#, "must be a boolean"),
        ("", r#""systemControls": [{"namespace": "net.core.somaxconn"}],"#, "has no value"),
        (
            r#""volumes": [{"name": "v"}],"#,
            r#""mountPoints": [{"sourceVolume": "v"}],"#,
            "has no containerPath",
        ),
        (r#""ephemeralStorage": {"sizeInGB": 30},"#, "", "did you mean sizeInGiB?"),
        (r#""runtimePlatform": "ARM64","#, "", "runtimePlatform: must be a map"),
        (r#""runtimePlatform": [{"cpuArchitecture": "ARM64"}],"#, "", "must be a map, and is a list"),
        (r#""ephemeralStorage": [{"sizeInGiB": 30}],"#, "", "ephemeralStorage: must be a map, and is a list"),
        (r#""proxyConfiguration": [],"#, "", "proxyConfiguration: must be a map, and is a list"),
        (
            r#""volumes": [{"name": "v", "efsVolumeConfiguration": [{"fileSystemId": "fs-1"}]}],"#,
            "",
            "efsVolumeConfiguration: must be a map, and is a list",
        ),
        ("", r#""healthCheck": [{"command": ["CMD", "x"]}],"#, "healthCheck: must be a map, and is a list"),
        ("", r#""restartPolicy": [{"enabled": true}],"#, "restartPolicy: must be a map, and is a list"),
        ("", r#""linuxParameters": [{"initProcessEnabled": true}],"#, "must be a map, and is a list"),
        ("", r#""linuxParameters": {"capabilities": [{"drop": ["ALL"]}]},"#, "capabilities: must be a map"),
        (r#""tags": [{"Key": "a"}],"#, "", "did you mean key?"),
        (r#""volumes": [{"name": "v", "efsVolumeConfiguration": {}}],"#, "", "has no fileSystemId"),
    ] {
        assert_says(&task(keys, app, ""), "error", part);
    }
}

#[test]
fn what_is_right_is_not_reported() {
    for app in [
        r#""portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp", "name": "web", "appProtocol": "http"}],"#,
        r#""restartPolicy": {"enabled": true, "ignoredExitCodes": [0]},"#,
        r#""linuxParameters": {"initProcessEnabled": true, "capabilities": {"drop": ["ALL"]}},"#,
        r#""ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 1}],"#,
        r#""healthCheck": {"command": ["CMD", "x"], "interval": 10, "startPeriod": null},"#,
    ] {
        assert_eq!(said(&task("", app, "")), [""; 0], "{app}");
    }
}
