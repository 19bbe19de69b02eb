"""``python -m pipeline build|sample|check``: the pipeline without the dashboard."""

from pipeline.commands import commands, run

if __name__ == "__main__":
    run(commands, "python -m pipeline")
