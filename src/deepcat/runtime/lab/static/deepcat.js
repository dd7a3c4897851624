// deepcat in JupyterLab: a menu item that saves, and words of when the notebook stops.
//
// It is loaded as it stands: the form is that of a container of webpack's module federation, which
// takes JupyterLab's own packages from what is shared. `deepcat/host/notebook/inside.py` answers it.
"use strict";

(() => {
  const EVERY_MS = 5000;
  const SAVE = "deepcat:save";
  let shared = {};

  const load = async (name) => {
    const [known] = Object.values(shared[name] ?? {});
    if (known === undefined) throw new Error(`deepcat: JupyterLab shares no ${name}`);
    return (await known.get())();
  };

  const clock = (seconds) =>
    new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  const reasons = {
    idle: (at) => `This notebook stops at ${at} if nobody uses it; the work is kept.`,
    until: (at) => `This notebook stops at ${at}, its time; the work is kept.`,
    job: (at) => `This notebook stops at ${at}, for the time of its job is over; the work is kept.`,
  };

  const asker = ({ ServerConnection }) => async (body) => {
    const settings = ServerConnection.makeSettings();
    const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const answer = await ServerConnection.makeRequest(`${settings.baseUrl}deepcat`, init, settings);
    if (!answer.ok) throw new ServerConnection.ResponseError(answer);
    return answer.json();
  };

  // Tells whoever works there, each thing once.
  const teller = (Notification, ask) => {
    const told = { stops: 0, failed: "", wish: "" };
    return (now) => {
      if (now.warned && now.stops_at > told.stops) {
        told.stops = now.stops_at + 60;
        const actions = now.reason === "idle"
          ? [{ label: "Go on", callback: () => void ask({ act: "stay" }) }]
          : [];
        const say = reasons[now.reason] ?? reasons.idle;
        Notification.warning(say(clock(now.stops_at)), { autoClose: false, actions });
      }
      if (now.failed && now.failed !== told.failed) {
        Notification.error(`The work is not saved: ${now.failed}`, { autoClose: false });
      }
      told.failed = now.failed;
      const { wish, address, failed } = now.answered ?? {};
      if (wish && wish !== told.wish && wish === now.wish) {
        told.wish = wish;
        if (address) Notification.success(`Proposed: ${address}`, { autoClose: false });
        else Notification.error(`Nothing is proposed: ${failed}`, { autoClose: false });
      }
    };
  };

  const words = (now) => {
    const saved = now.saved ? `, saved at ${clock(now.saved)}` : "";
    return `${now.stops_at ? `Stops at ${clock(now.stops_at)}` : "Does not stop by itself"}${saved}`;
  };

  const activate = async (app, menu, palette, statusBar) => {
    const [apputils, services, widgets] = await Promise.all(
      ["@jupyterlab/apputils", "@jupyterlab/services", "@lumino/widgets"].map(load),
    );
    const { InputDialog, Notification } = apputils;
    const ask = asker(services);
    app.commands.addCommand(SAVE, {
      label: "Save to deepcat…",
      caption: "Propose what you worked on to the catalog",
      execute: async () => {
        const said = await InputDialog.getText({
          title: "Save to deepcat", label: "What changed, in a line", okLabel: "Save",
        });
        if (!said.button.accept) return;
        await app.commands.execute("docmanager:save-all");
        await ask({ act: "save", message: said.value ?? "" });
        Notification.info(
          "It is saved, and proposed as soon as deepcat hears of it: while `deepcat develop` is open, or with the next watch.",
        );
      },
    });
    menu?.fileMenu.addGroup([{ command: SAVE }], 40);
    palette?.addItem({ command: SAVE, category: "deepcat" });
    const item = new widgets.Widget();
    item.addClass("jp-StatusBar-TextItem");
    statusBar?.registerStatusItem("deepcat:state", { item, align: "right", rank: 900 });
    const tell = teller(Notification, ask);
    const look = async () => {
      try {
        const now = await ask();
        item.node.textContent = words(now);
        tell(now);
      } catch {
        item.node.textContent = "No word of when it stops";
      }
    };
    await look();
    setInterval(() => void look(), EVERY_MS);
  };

  const extension = async () => {
    const [menus, apputils, status] = await Promise.all(
      ["@jupyterlab/mainmenu", "@jupyterlab/apputils", "@jupyterlab/statusbar"].map(load),
    );
    const optional = [menus.IMainMenu, apputils.ICommandPalette, status.IStatusBar];
    return { id: "deepcat:notebook", autoStart: true, optional, activate };
  };

  globalThis._JUPYTERLAB = globalThis._JUPYTERLAB ?? {};
  globalThis._JUPYTERLAB.deepcat = {
    init: async (scope) => {
      shared = scope;
    },
    get: async () => {
      const plugin = await extension();
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
