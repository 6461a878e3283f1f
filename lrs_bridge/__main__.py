from lrs_bridge.cli import main

main(prog_name="lrs-bridge")
