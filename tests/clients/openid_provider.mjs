// A real OpenID Provider (npm's oidc-provider) for the test of single sign-on: whoever gives a login is signed in, and has the address
// login@domain, verified unless the login begins with "unverified".
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const given = JSON.parse(process.argv[2]);
const { default: Provider } = await import(pathToFileURL(join(given.modules, "oidc-provider", "lib", "index.js")));

const provider = new Provider(given.issuer, {
  clients: [{ client_id: "lrs_bridge", client_secret: given.secret, redirect_uris: [given.back], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: given.inUserinfo,
  pkce: { required: () => true },
  findAccount: (_, login) => ({
    accountId: login,
    claims: () => ({ sub: login, email: `${login}@${given.domain}`, email_verified: !login.startsWith("unverified") }),
  }),
});
createServer(provider.callback()).listen(new URL(given.issuer).port, "127.0.0.1", () => console.log("ready"));
