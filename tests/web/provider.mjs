// A real OpenID Connect provider (oidc-provider) for the tests of signing in through one.
// node provider.mjs PORT REDIRECT_URI: answers "ready" when it listens. Its keys are made anew at each
// start. Whoever signs in says at its page who he is and what he used.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: randomBytes(6).toString("hex") };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "tagwatch", client_secret: "a secret: of & both", redirect_uris: [redirect] }],
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  claims: { openid: ["sub", "amr", "acr"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
});

async function posted(request) {
  let body = "";
  for await (const part of request) body += part;
  return new URLSearchParams(body);
}

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (request.method === "GET" && prompt.name === "login") {
    response.setHeader("content-type", "text/html");
    response.end('<form method="post"><input name="login"><input name="amr"><button>Sign in</button></form>');
    return;
  }
  if (prompt.name === "login") {
    const form = await posted(request);
    const login = { accountId: form.get("login"), amr: form.get("amr").split(" ").filter(Boolean) };
    const result = form.get("refuse") ? { error: "access_denied" } : { login };
    await provider.interactionFinished(request, response, result);
    return;
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid");
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
