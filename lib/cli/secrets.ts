/**
 * Values of environment variables that hold a secret by their name. Short ones are settings, such
 * as `TOKEN=yes`, and names that end in FILE or PATH hold the place of a secret.
 */
export function environmentSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    secretName.test(name) && value.length >= leastLength ? [value] : [],
  );
}

const secretName =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)(?:$|_(?!FILE$|PATH$))/i;

const leastLength = 8;
