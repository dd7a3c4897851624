"""The variables of the environment that deepcat reads, and those that it sets for others."""

from __future__ import annotations

from deepcat.cli.statuses import Exit

# Title -> name -> what it says. A name that ends in `…` stands for all that begin so.
VARIABLES: dict[str, dict[str, str]] = {
    "Output": {
        "NO_COLOR": "Not empty: no colours anywhere; stronger than all below.",
        "FORCE_COLOR": "Neither empty nor `0`: colours also where no terminal reads.",
        "CLICOLOR_FORCE": "The same as `FORCE_COLOR`.",
        "CLICOLOR": "`0`: no colours.",
        "TERM": "`dumb`: no colours, and lines instead of a bar that is drawn anew.",
        "DEEPCAT_DEBUG": "Not empty: a fault of deepcat itself is shown with its traceback.",
        "TF_CPP_MIN_LOG_LEVEL": (
            "What TensorFlow says in `deepcat serve`, from `0` for all to `3` for errors alone."
        ),
        "XDG_CACHE_HOME": (
            "Where the website's templates are kept compiled, what hosts are given, and what"
            " TensorFlow makes of large models' graphs; else `~/.cache`."
        ),
        "DEEPCAT_RUNTIMES": "Where lies what `deepcat runtime build` built, such as a release's.",
    },
    "Behaviour": {
        "DEEPCAT_UNBOXED": (
            "`1`: code of modules may run without a box on this machine, as `unboxed: true` in"
            " `deepcat.yaml` says for all. Never where strangers' modules run."
        ),
        "DEEPCAT_KEY": (
            "The API key, or token, that `deepcat predict` shows a deployment which asks for one."
        ),
        "DEEPCAT_RECORDS_KEY": (
            "A reference to the SSH key that signs records, such as `file:/etc/deepcat/key`;"
            " stronger than Git's `deepcat.recordsKey`."
        ),
        "DEEPCAT_OFFLINE": (
            "Neither empty nor `0`: no remote is asked for records; the same as `--offline`."
        ),
        "DEEPCAT_RECORDS_REMOTE": (
            "The remote whose records count, such as `origin`; `none`: the clone has its own."
        ),
        "DEEPCAT_NOTIFY_PRIVATE": "`1`: a webhook may lie in a private network.",
        "PATH": "Where a host's nginx or Caddy is looked for, before the usual folders.",
        "SHELL": "What `deepcat ssh` opens for a deployment on this machine.",
        "DEEPCAT_HANDLE": (
            "Who pushes, as the transport of a bare server says it; `--handle-from` names another."
        ),
    },
    "Secrets": {
        "DEEPCAT_WORKLOAD_…": (
            "What `env:DEEPCAT_WORKLOAD_NAME` in a module or a wish means; a workload gets no other"
            " variable of the controller."
        ),
        "DEEPCAT_WORKLOAD_VAULT": "The path of a Vault below which secrets of workloads lie.",
        "REGISTRY_AUTH_FILE": (
            "The file of logins to registries of images; else what `podman login` or `docker login`"
            " wrote is read, in the folders that follow."
        ),
        "XDG_RUNTIME_DIR": "There Podman keeps logins: `containers/auth.json`.",
        "XDG_CONFIG_HOME": "There, too, for longer; else `~/.config`.",
        "DOCKER_CONFIG": "There Docker keeps them: `config.json`; else `~/.docker`.",
        "VAULT_ADDR": "The address of HashiCorp Vault or OpenBao, for references `vault:…`.",
        "VAULT_TOKEN": "The token for it.",
        "VAULT_NAMESPACE": "The namespace there.",
        "VAULT_CACERT": "A file with the authorities that its certificate is held against.",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "Where a workflow gets its identity, for `oidc:…`.",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "What it shows there.",
    },
    "On a forge": {
        "GITHUB_ACTIONS": "`true` in workflows: nothing that is printed is taken for a command.",
        "GITHUB_TOKEN": "What may write comments, checks, issues and pull requests.",
        "GITHUB_EVENT_PATH": "The event that the workflow runs for.",
        "GITHUB_REPOSITORY": "The repository, as `owner/name`.",
        "GITHUB_SERVER_URL": "The forge's address.",
        "GITHUB_API_URL": "That of its API.",
        "GITHUB_RUN_ID": "The workflow's run, which a record links to.",
        "GITHUB_RUN_NUMBER": "The same on Forgejo and Gitea.",
        "FORGEJO_ACTIONS": "`true` in workflows of Forgejo.",
        "GITEA_ACTIONS": "`true` in workflows of Gitea.",
        "GITLAB_CI": "`true` in pipelines of GitLab.",
        "GITLAB_USER_LOGIN": "Who started the pipeline.",
        "CI_SERVER_URL": "GitLab's address.",
        "CI_PROJECT_PATH": "The project there.",
        "CI_JOB_URL": "The job, which a record links to.",
        "DEEPCAT_TOKEN": "What may push to GitLab: the records and proposals.",
        "DEEPCAT_RUNNER": (
            "A variable of the forge, not of a program: the runner that may deploy. Without it,"
            " workflows review and deploy nothing."
        ),
        "DEEPCAT_SCHEDULE": (
            "A variable of a schedule of GitLab's: `reproduce` for the one that trains modules"
            " again."
        ),
        "DEEPCAT_ENV": "Within a pipeline: where it has installed deepcat.",
    },
    "Git": {
        "GIT_DIR": "The repository that a hook is called in; elsewhere the folder alone counts.",
        "GIT_AUTHOR_NAME": "Whose name commits bear, as Git has it; also `GIT_AUTHOR_EMAIL`.",
        "GIT_COMMITTER_NAME": "Whose name records bear; also `GIT_COMMITTER_EMAIL`.",
    },
    "For the environment of a plug-in": {
        "PIP_INDEX_URL": "The package index; pip itself obeys all of its own variables, too.",
        "PIP_NO_INDEX": "That none is asked, so that nothing without a wheel is fetched.",
    },
    "In a job of Slurm": {
        "SLURM_JOB_ID": "Its number, by which it says where it listens.",
        "SLURMD_NODENAME": "The node that it runs on.",
    },
    "Set by deepcat": {
        "DEEPCAT_OUTPUT": (
            "For a script of an operation: the file for its outputs, `NAME=VALUE`. For a training:"
            " the folder that takes what it makes."
        ),
        "DEEPCAT_PRIVATE": "The same for addresses that not everybody may know.",
        "DEEPCAT_ROLES": "For a playbook of an operation: the folder of the roles it may use.",
        "DEEPCAT_MODULE": "For a batch job: the folder with the module's files.",
        "DEEPCAT_WORK": "For a batch job: the folder that it works in.",
        "DEEPCAT_INPUTS": "For a training: the file of JSON with its inputs.",
        "DEEPCAT_METRICS": "For a training: the file that takes metrics, a JSON object a line.",
        "DEEPCAT_RESUME": "For a training: the newest checkpoint, to go on from; empty for none.",
        "DEEPCAT_FROM": "For a training: the folder of the model that it begins from, if any.",
        "DEEPCAT_CHECKPOINTS": "For a training: the folder that outlives a lost attempt.",
        "DEEPCAT_TRAINING": "For the programs of a pod that trains: the training, as JSON.",
        "DEEPCAT_STAGED": "For `deepcat-stage` of a pod: the data that it brings, as JSON.",
        "DEEPCAT_NOTEBOOK": "For `deepcat-notebook` of a pod: the notebook that it keeps, as JSON.",
        "PYTHONPATH": "For a training in a pod: what its image lets Python find stays found.",
        "DEEPCAT_MODELS": "For `deepcat-fetch` of a pod: the models that it brings, as JSON.",
        "DEEPCAT_MODEL": "For a plug-in of DEEPaaS: its model's address, before `:predict`.",
        "DEEPCAT_TICKET": "For a batch job: which start of it this is. Leave it alone.",
        "DEEPCAT_OWNER": "On every process that it starts on a host: whose it is. Leave it alone.",
        "DEEPCAT_GIVEN": "From deepcat to the Ansible that it starts; of no use to others.",
        "DEEPCAT_STEPS": "To the same Ansible: its own processes take steps of hosts.",
        "DEEPCAT_GIVEN_…": "From deepcat to a box: the variables that a program in it gets.",
    },
}


def exit_statuses() -> str:
    """The table of exit statuses."""
    rows = [f"| {int(each)} | {each.text} |" for each in Exit]
    return "\n".join(["| status | when |", "| --- | --- |", *rows, ""])


def page() -> str:
    """The page."""
    parts = [
        "# Environment variables and exit statuses\n",
        "<!-- Written by docs/reference/write.py. -->\n",
        "## Exit statuses\n",
        "Every command ends with one of these.\n",
        exit_statuses(),
        "A name that means nothing (a deployment, a module, a cloud, a rule, a sample, a commit)\n"
        "is 2 in every command; to ask a deployment that is wished, and never came up, is 1.\n",
    ]
    for title, names in VARIABLES.items():
        parts.append(f"## {title}\n")
        parts += [f"`{name}`\n:   {text}\n" for name, text in names.items()]
    return "\n".join(parts)
