// The theme chosen in the console, else the system's, for the page at /docs.
const asked = matchMedia('(prefers-color-scheme: dark)');
const chosen = localStorage.getItem('tidegate.theme');
const isDark = chosen === 'dark' || (chosen !== 'light' && asked.matches);
document.documentElement.classList.toggle('dark-mode', isDark);
