// What web/book.ts makes of book/*.md.
declare module '*.md' {
  export const title: string;
  export const sections: { id: string; title: string; html: string }[];
}
