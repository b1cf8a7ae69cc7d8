// Forms with data-passkey="create" or "get": the browser makes or touches a passkey, and its answer is sent as the
// form's own field. Options come from data-options; what went wrong is told in the words of the form's data attributes.
(() => {
  const toBytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };
  const toText = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const known = (list = []) => list.map((each) => ({ ...each, id: toBytes(each.id) }));

  const ask = {
    create: (told) => navigator.credentials.create({
      publicKey: {
        ...told,
        challenge: toBytes(told.challenge),
        user: { ...told.user, id: toBytes(told.user.id) },
        excludeCredentials: known(told.excludeCredentials),
      },
    }),
    get: (told) => navigator.credentials.get({
      publicKey: { ...told, challenge: toBytes(told.challenge), allowCredentials: known(told.allowCredentials) },
    }),
  };

  const told = (credential) => {
    const { response } = credential;
    const answer = { clientDataJSON: toText(response.clientDataJSON) };
    if (response.attestationObject) {
      answer.attestationObject = toText(response.attestationObject);
      answer.transports = response.getTransports?.() ?? [];
    } else {
      answer.authenticatorData = toText(response.authenticatorData);
      answer.signature = toText(response.signature);
      if (response.userHandle) answer.userHandle = toText(response.userHandle);
    }
    const { id, type } = credential;
    return JSON.stringify({ id, rawId: toText(credential.rawId), type, response: answer, clientExtensionResults: {} });
  };

  const words = (form, error) => {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return form.dataset.cancelled;
    if (error.name === "InvalidStateError") return form.dataset.known ?? form.dataset.failed;
    return form.dataset.failed;
  };

  const field = (form) => form.elements[form.dataset.answer ?? "answer"];

  const perform = async (form) => {
    const headers = { "X-CSRFToken": form.elements.csrf_token?.value ?? "", Accept: "application/json" };
    const options = await fetch(form.dataset.options, { method: "POST", headers });
    if (!options.ok || options.redirected) throw new Error("no options");
    field(form).value = told(await ask[form.dataset.passkey](await options.json()));
    form.requestSubmit();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-passkey]") || field(form).value) return;
    event.preventDefault();
    if (form.dataset.asking) return;
    form.dataset.asking = "yes";
    const trouble = form.querySelector("[data-passkey-trouble]");
    trouble.hidden = true;
    perform(form)
      .catch((error) => {
        trouble.textContent = window.PublicKeyCredential ? words(form, error) : form.dataset.unable;
        trouble.hidden = false;
      })
      .finally(() => delete form.dataset.asking);
  }, true);

  // What was answered once is good once: after coming back with the browser's button it is asked anew
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-passkey]")) {
      field(form).value = "";
      if (window.PublicKeyCredential) form.hidden = false;
    }
  });
})();
