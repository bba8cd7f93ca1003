// A secret that is shown once: masked until asked for, copied on demand. It stands in this element alone.

export default function ({ data, parentElement }) {
  const part = (name) => parentElement.querySelector(`.${name}`);
  const [value, show, copy, told] = ["value", "show", "copy", "told"].map(part);
  part("name").textContent = data.label;
  value.setAttribute("aria-label", data.label);
  value.value = data.secret;
  value.type = "password";
  show.onclick = () => {
    const hidden = value.type === "text";
    value.type = hidden ? "password" : "text";
    show.textContent = hidden ? "Show" : "Hide";
    show.setAttribute("aria-pressed", String(!hidden));
  };
  copy.onclick = async () => {
    await navigator.clipboard.writeText(data.secret);
    told.textContent = "Copied";
    setTimeout(() => (told.textContent = ""), 2000);
  };
  return () => { value.value = ""; };
}
