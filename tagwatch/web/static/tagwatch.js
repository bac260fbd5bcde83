// Every page: the GOV.UK behaviours. Pages are whole without this file.
import { initAll } from "/static/vendor/govuk-frontend.min.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("govuk-frontend-supported");
initAll();
