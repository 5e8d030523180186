import fc from 'fast-check'

/** Letters that mean something in HTML, SVG, CSS, scripts or to a terminal. */
export const HOSTILE = fc.string({
  unit: fc.constantFrom(
    ...'<>&"\'`=/-!?;:(){}[]\\ax0 é漢',
    '\u0000',
    '\n',
    '\u001b[31m',
    '\u202e',
    '\u2066',
    '\u2028',
    '\ud800',
    '</style>',
    '</script><script>',
    '<!--',
    '-->',
    ']]>',
    '</title></svg>',
    'javascript:',
    ' onload=',
    '&lt;',
    '&#0;',
    '${',
    'url(',
    '/*',
  ),
  maxLength: 60,
})
