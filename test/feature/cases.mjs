// What each kernel is asked, for the recorder and for the test that asks the simulated ones.
export const kernels = ['5.10', '6.1', '6.12', '6.18', '7.2']

export const cases = [
  'feature probe',
  '-j feature probe',
  '-p feature probe kernel',
  'feature probe full',
  '-j feature probe full',
  'feature probe kernel macros',
  'feature probe full macros prefix X_',
  'feature probe unprivileged',
  '-j feature probe unprivileged',
  'feature probe full unprivileged',
  'feature probe unprivileged macros prefix U_',
  'feature probe dev lo',
  '-j feature probe dev lo',
  '-p feature probe dev lo full',
  'feature probe dev lo unprivileged',
  'feature probe dev lo macros prefix D_',
].map((line) => line.split(' '))
