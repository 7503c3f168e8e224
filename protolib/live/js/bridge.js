// How a notebook's model and the figure talk: only what changed, and nothing is sent back.
export default {
  render({ model, el }) {
    const lab = document.createElement("prototype-lab"), last = {};
    const names = Object.keys(lab.state).filter((name) => name !== "scores");
    const note = (name, value) => { last[name] = JSON.stringify(value); };
    let waiting = null, given = null;
    lab.id = model.get("name");
    lab.innerHTML = model.get("tries") ?? "";
    el.append(lab);
    lab.set(Object.fromEntries(names.map((name) => [name, model.get(name)])));
    for (const name of names) note(name, lab.state[name]);
    const push = () => {
      waiting = null;
      const state = lab.state, touched = Object.keys(state).filter(
        (name) => JSON.stringify(state[name]) !== last[name]);
      for (const name of touched) { note(name, state[name]); model.set(name, state[name]); }
      if (touched.length) model.save_changes();
    };
    lab.addEventListener("labchange", () => { waiting ??= setTimeout(push, 200); });
    const pulls = names.map((name) => {
      const pull = () => {
        const value = model.get(name);
        if (JSON.stringify(value) === last[name]) return;
        note(name, value);
        if (!given) {
          given = {};
          queueMicrotask(() => { const change = given; given = null; lab.set(change); });
        }
        given[name] = value;
      };
      model.on(`change:${name}`, pull);
      return () => model.off(`change:${name}`, pull);
    });
    push();
    return () => { clearTimeout(waiting); pulls.forEach((off) => off()); lab.remove(); };
  },
};
