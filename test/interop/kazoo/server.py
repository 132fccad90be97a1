"""What a server says of itself in four letters."""
from support.harness import check, equal, holds, run_checks


@check
def srvr_tells_version_and_mode(context):
    zk = context.connect()
    lines = zk.command(b"srvr").splitlines()
    holds(lines[0].startswith("Zookeeper version: 3."), "%r names the version" % lines[0])
    said = dict(line.split(": ", 1) for line in lines if ": " in line)
    equal(said.get("Mode"), "standalone", "the mode")
    holds(int(said["Connections"]) >= 1, "it counts connections")
    holds(int(said["Node count"]) >= 5, "it counts znodes")


if __name__ == "__main__":
    run_checks()
