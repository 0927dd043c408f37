/**
 * What is a secret wherever it stands, with what to put in its place. Each starts at characters
 * that are rare, or at the beginning of a word, so that long texts are searched in linear time.
 */
export const secretPatterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^]*?-----END [A-Z ]*PRIVATE KEY-----|[^]*)/gi, '***'],
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/gi, '***'],
  // Tokens of GitHub, GitLab, Slack, Google and others say by their beginning what they are; JSON web tokens, too.
  [
    /\b(?:gh[opsur]_[a-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[a-z]-[\w-]{10,}|AIza[\w-]{35}|sk-[\w-]{20,})/gi,
    '***',
  ],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gi, '***'],
  [/(hooks\.slack\.com\/services\/)[\w/-]+/gi, '$1***'],
  // HTTP headers.
  [/(\bauthorization["']?\s*[:=]\s*["']?)(?:[a-z][\w-]*\s+)?[^\s"',]+/gi, '$1***'],
  [/(\bbearer\s+)[\w.~+/=-]{8,}/gi, '$1***'],
  // User names stay, what stands behind them goes; a long one alone is a token.
  [/(:\/\/[^\s/:@]*:)[^\s/]+@/gi, '$1***@'],
  [/(:\/\/)[^\s/:@]{16,}@/gi, '$1***@'],
  // Signed URLs.
  [/([?&](?:x-amz-(?:signature|security-token|credential)|signature|sig)=)[^&\s"'#]+/gi, '$1***'],
  // Settings and options by name, as `name=value` and as JSON; `--token=<token>` is a usage. A quote
  // at the end of a word that did not begin behind the `=` belongs to the whole word.
  [
    /((?:passw(?:or)?d|passphrase|secret|(?:api|access|private)[-_]?key|(?:access|auth|session|security)[-_]?token|(?<!\w|\w-)token)=)(?!<[\w|-]+>)(?:(?=["'])(?:"[^"]*"|'[^']*'|\\.|[^\s&])+|(?:[^\s&"']|["'](?=\S))+)/gi,
    '$1***',
  ],
  [
    /("[\w-]*(?:passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key|private[-_]?key|token)"\s*:\s*")(?:[^"\\]|\\.)*/gi,
    '$1***',
  ],
];
